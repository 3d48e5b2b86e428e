import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MediaArchive, StoredMedia } from '../graph/media-store.ts';

/** Keeps media across restarts: `<id>.json` says what it is, `<id>` holds the bytes. */

const Description = z.object({
  id: z.string().regex(/^\d+$/),
  mimeType: z.string(),
  sha256: z.string(),
  filename: z.string().optional(),
  expiresAt: z.number(),
});

export const openMediaFolder = (directory: string): MediaArchive => {
  mkdirSync(directory, { recursive: true });
  const fileOf = (id: string) => join(directory, id);

  const read = (name: string): StoredMedia[] => {
    try {
      const description = Description.parse(JSON.parse(readFileSync(join(directory, name), 'utf8')));
      return [{ ...description, bytes: readFileSync(fileOf(description.id)) }];
    } catch {
      // Half written when the process died: as good as never sent.
      return [];
    }
  };

  return {
    all: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.json'))
        .flatMap(read),
    save: ({ bytes, ...description }) => {
      writeFileSync(fileOf(description.id), bytes);
      writeFileSync(`${fileOf(description.id)}.json`, JSON.stringify(description));
    },
    remove: (id) => {
      rmSync(`${fileOf(id)}.json`, { force: true });
      rmSync(fileOf(id), { force: true });
    },
  };
};

import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

/** Media as Meta keeps it: for a while, behind links that live five minutes. Bytes stay in memory, up to a cap. */
export type StoredMedia = {
  id: string;
  mimeType: string;
  bytes: Buffer;
  /** Hex, as Graph API answers; webhooks carry the same in base64. */
  sha256: string;
  filename?: string;
  /** Epoch ms after which the id is gone. */
  expiresAt: number;
};

/** Where media survives a restart. */
export type MediaArchive = {
  all: () => StoredMedia[];
  save: (media: StoredMedia) => void;
  remove: (id: string) => void;
};

export const mediaKinds = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaKind = (typeof mediaKinds)[number];

const megabyte = 1024 * 1024;
const limits: Record<MediaKind, { bytes: number; types: RegExp }> = {
  image: { bytes: 5 * megabyte, types: /^image\/(jpeg|png)$/ },
  video: { bytes: 16 * megabyte, types: /^video\/(mp4|3gpp)$/ },
  audio: { bytes: 16 * megabyte, types: /^audio\/(aac|amr|mpeg|mp4|ogg|opus)$/ },
  document: { bytes: 100 * megabyte, types: /^(text\/plain|application\/.+)$/ },
  sticker: { bytes: 500 * 1024, types: /^image\/webp$/ },
};

export const linkLifeMs = 5 * 60_000;
const day = 24 * 3_600_000;
export const uploadedLifeMs = 30 * day;
export const receivedLifeMs = 7 * day;

/** The kind a file is sent as, or why Meta would not take it. */
export const acceptUpload = (mimeType: string, size: number): { kind: MediaKind } | { refused: string } => {
  const bare = mimeType.split(';')[0]?.trim().toLowerCase() ?? '';
  const kind = mediaKinds.find((candidate) => limits[candidate].types.test(bare));
  if (!kind)
    return {
      refused: `Param file must be a file with one of the supported types. Received file of type '${bare}'.`,
    };
  if (size > limits[kind].bytes)
    return { refused: `Param file must be at most ${limits[kind].bytes} bytes; received ${size}.` };
  return { kind };
};

export const createMediaStore = (deps: {
  clock: Clock;
  random: Random;
  capBytes: number;
  archive?: MediaArchive;
}) => {
  const stored = new Map<string, StoredMedia>();
  let held = 0;

  const forget = (id: string): boolean => {
    held -= stored.get(id)?.bytes.length ?? 0;
    deps.archive?.remove(id);
    return stored.delete(id);
  };

  const keep = (entry: StoredMedia): void => {
    stored.set(entry.id, entry);
    held += entry.bytes.length;
    // Maps keep insertion order: the oldest goes first.
    for (const id of stored.keys()) {
      if (held <= deps.capBytes || id === entry.id) break;
      forget(id);
    }
  };
  // Sorted by expiry, which is by age for each kind of media.
  const archived = deps.archive?.all() ?? [];
  archived.sort((a, b) => a.expiresAt - b.expiresAt).forEach(keep);

  const newId = (): string => {
    const id = `1${Math.floor(deps.random() * 1e15)
      .toString()
      .padStart(15, '0')}`;
    return stored.has(id) ? newId() : id;
  };

  return {
    put: (media: { mimeType: string; bytes: Buffer; filename?: string; lifeMs: number }): StoredMedia => {
      const entry: StoredMedia = {
        id: newId(),
        mimeType: media.mimeType,
        bytes: media.bytes,
        sha256: createHash('sha256').update(media.bytes).digest('hex'),
        filename: media.filename,
        expiresAt: deps.clock.now() + media.lifeMs,
      };
      keep(entry);
      deps.archive?.save(entry);
      return entry;
    },
    get: (id: string): StoredMedia | undefined => {
      const media = stored.get(id);
      if (!media || media.expiresAt > deps.clock.now()) return media;
      forget(id);
      return undefined;
    },
    forget,
  };
};

export type MediaStore = ReturnType<typeof createMediaStore>;

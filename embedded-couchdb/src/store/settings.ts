import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const settingsSchema = z.object({
  /** Marks this database's sequences, so that one from a deleted namesake is recognised. */
  uuid: z.string(),
  /** Seconds since 1970, as CouchDB's `instance_start_time`. */
  createdAt: z.string(),
  revsLimit: z.number().int().positive(),
  security: z.record(z.string(), z.unknown()),
});

/** What CouchDB keeps of a database beside its documents. */
export type Settings = z.infer<typeof settingsSchema>;

const defaultSecurity = {
  admins: { roles: ['_admin'] },
  members: { roles: ['_admin'] },
};

export function newSettings(now: Date): Settings {
  return {
    uuid: randomUUID().replaceAll('-', ''),
    createdAt: String(Math.floor(now.getTime() / 1000)),
    revsLimit: 1000,
    security: defaultSecurity,
  };
}

const fileIn = (folder: string) => join(folder, 'settings.json');

export async function readSettings(folder: string): Promise<Settings> {
  return settingsSchema.parse(JSON.parse(await readFile(fileIn(folder), 'utf8')));
}

/** Replaces the file as a whole: a crash leaves the old or the new one. */
export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  const next = `${fileIn(folder)}.next`;
  const file = await open(next, 'w');
  try {
    await file.writeFile(JSON.stringify(settings, null, 2));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, fileIn(folder));
  await syncFolder(folder);
}

/** Makes names created, renamed or removed in a folder survive an OS crash. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

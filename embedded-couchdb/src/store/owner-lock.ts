import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { leveldown } from './leveldown.ts';

/** Another process (or this one) already serves the directory. */
export class DirectoryInUse extends Error {
  readonly code = 'directory_in_use';
  readonly directory: string;

  constructor(directory: string, cause: unknown) {
    super(`Another embedded CouchDB already owns ${directory}. Stop it, or choose another directory.`, {
      cause,
    });
    this.name = 'DirectoryInUse';
    this.directory = directory;
  }
}

/**
 * One owner per directory, by LevelDB's own lock on an empty store in it. The operating system releases it
 * with the process, however that ends, so there is no stale lock to clear.
 */
export async function takeOwnership(directory: string): Promise<() => Promise<void>> {
  const location = join(directory, 'owner');
  await mkdir(location, { recursive: true });
  const level = leveldown(location);
  await new Promise<void>((resolve, reject) =>
    level.open({}, (error) => {
      if (!error) resolve();
      else if (/lock/i.test(error.message)) reject(new DirectoryInUse(directory, error));
      else reject(error);
    }),
  );
  return () => new Promise((resolve, reject) => level.close((error) => (error ? reject(error) : resolve())));
}

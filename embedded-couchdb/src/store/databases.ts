import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CouchError, illegalDatabaseName, noSuchDatabase } from '../couch-error.ts';
import { createDatabase } from './database.ts';
import type { Database } from './database.ts';
import { takeOwnership } from './owner-lock.ts';
import { newSettings, syncFolder, writeSettings } from './settings.ts';

const legalName = /^[a-z][a-z0-9_$()+/-]*$/;
const longestName = 238;

/** Memory held for followers, per open database: enough for bursts, small beside LevelDB's own buffers. */
const ring = { changes: 2000, characters: 2_000_000 };

export interface Databases {
  names(): string[];
  exists(name: string): boolean;
  /** Throws 404 if there is none. */
  get(name: string): Database;
  create(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Ends every waiting feed; other work goes on. */
  endFeeds(): void;
  stop(): Promise<void>;
}

/**
 * All databases of a directory, one folder each. `/` is the one character of CouchDB's names that a file name
 * cannot hold, and `.` one that names cannot: so `a/b` lies in `a.b`.
 *
 * At most `maxOpen` have their files open at a time; the least recently used idle one is closed first.
 */
export async function openDatabases(deps: {
  directory: string;
  maxOpen: number;
  now: () => Date;
  onFault: (database: string, error: Error) => void;
}): Promise<Databases> {
  await mkdir(deps.directory, { recursive: true });
  const directory = await realpath(deps.directory);
  const release = await takeOwnership(directory);
  const home = join(directory, 'databases');
  const trash = join(directory, 'trash');
  await mkdir(home, { recursive: true });
  // What a deletion had renamed but not yet removed when the process ended.
  await rm(trash, { recursive: true, force: true });
  await mkdir(trash, { recursive: true });
  await syncFolder(directory);

  const all = new Map<string, Database>();
  for (const folder of await readdir(home)) add(folder.replaceAll('.', '/'));

  /** Creation and deletion of one name wait for each other. */
  const busy = new Map<string, Promise<void>>();
  function inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const mine = (busy.get(name) ?? Promise.resolve()).catch(() => undefined).then(work);
    busy.set(name, mine);
    return mine.finally(() => {
      if (busy.get(name) === mine) busy.delete(name);
    });
  }

  function add(name: string): void {
    all.set(
      name,
      createDatabase({
        name,
        folder: folderOf(home, name),
        ring,
        onUsed: closeSurplus,
        onFault: (error) => deps.onFault(name, error),
      }),
    );
  }

  /** Open databases, least recently used first. */
  const recent = new Set<Database>();
  function closeSurplus(used: Database): void {
    recent.delete(used);
    if (used.open) recent.add(used);
    if (recent.size <= deps.maxOpen) return;
    for (const database of recent) {
      if (!database.idle) continue;
      recent.delete(database);
      database.close().catch((error: unknown) => deps.onFault(database.name, error as Error));
      if (recent.size <= deps.maxOpen) return;
    }
  }

  return {
    names: () => [...all.keys()].sort(),
    exists: (name) => all.has(name),
    get(name) {
      const database = all.get(name);
      if (!database) throw noSuchDatabase();
      return database;
    },
    create(name) {
      assertLegal(name);
      return inTurn(name, async () => {
        if (all.has(name)) {
          throw new CouchError(
            412,
            'file_exists',
            'The database could not be created, the file already exists.',
          );
        }
        // Built aside and renamed, so that a crash leaves a whole database or none.
        const draft = join(trash, randomUUID());
        await mkdir(draft);
        await writeSettings(draft, newSettings(deps.now()));
        await rename(draft, folderOf(home, name));
        await syncFolder(home);
        add(name);
      });
    },
    remove(name) {
      return inTurn(name, async () => {
        const database = all.get(name);
        if (!database) throw noSuchDatabase();
        all.delete(name);
        await database.end();
        recent.delete(database);
        const doomed = join(trash, randomUUID());
        await rename(folderOf(home, name), doomed);
        await syncFolder(home);
        await rm(doomed, { recursive: true, force: true });
      });
    },
    endFeeds() {
      for (const database of all.values()) database.endFeeds();
    },
    async stop() {
      await Promise.all([...all.values()].map((database) => database.end()));
      await release();
    },
  };
}

const folderOf = (home: string, name: string) => join(home, name.replaceAll('/', '.'));

function assertLegal(name: string): void {
  if (!legalName.test(name)) throw illegalDatabaseName(name);
  if (name.length > longestName) {
    throw new CouchError(
      400,
      'database_name_too_long',
      `At least one path segment of \`${name}\` is too long.`,
    );
  }
}

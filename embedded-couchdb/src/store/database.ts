import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { EventEmitter, once } from 'node:events';
import { noSuchDatabase } from '../couch-error.ts';
import { createChangeRing } from './change-ring.ts';
import type { RingLimits } from './change-ring.ts';
import type { Change, Commit } from './commit.ts';
import { compactDocuments } from './compaction.ts';
import { createGroupCommit } from './group-commit.ts';
import { openHandle } from './handle.ts';
import type { Handle } from './handle.ts';
import { endOf, sequences } from './layout.ts';
import { writeInteractively } from './interactive-write.ts';
import type { Pouch, PouchRow } from './pouch.ts';
import { scanChanges } from './read-documents.ts';
import { createReopenable } from './reopenable.ts';
import { readSettings, writeSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { createTurnstile } from './turnstile.ts';

const changesPerRead = 500;
/** PouchDB's transaction grows by copying, so its cost is quadratic in the documents: larger groups are slower. */
const maxDocumentsPerCommit = 500;

export interface Database {
  readonly name: string;
  settings(): Promise<Settings>;
  updateSettings(change: Partial<Settings>): Promise<void>;
  /** Runs work on the open database, opening it if need be; it stays open until the work is done. */
  use<T>(work: (handle: Handle) => Promise<T>): Promise<T>;
  /** Interactive writes, durable when answered: one row per document, in order. */
  write(documents: { _id: string }[]): Promise<PouchRow[]>;
  /** Replicated writes (`new_edits: false`), durable when answered: rows of failures only. */
  writeReplicated(documents: object[]): Promise<PouchRow[]>;
  /** Drops the bodies of outdated revisions. */
  compact(): Promise<void>;
  /** As `use`, for work that reads through PouchDB itself, which must not see a compaction. */
  useIndexes<T>(work: (pouch: Pouch) => Promise<T>): Promise<T>;
  updateSeq(): Promise<number>;
  counts(): Promise<{ living: number; deleted: number; updateSeq: number }>;
  /** About how much the documents take on the disk. */
  bytes(): Promise<number>;
  /** The next changes after `since` in order, and the sequence up to which nothing else is missing. */
  changesAfter(since: number, limit: number): Promise<{ changes: Change[]; upTo: number }>;
  /** Resolves when a change after `since` may exist; rejects when aborted. */
  waitForChange(since: number, signal: AbortSignal): Promise<void>;
  /** Aborted when feeds are to end: the database is deleted or the server stops. */
  readonly ended: AbortSignal;
  endFeeds(): void;
  readonly idle: boolean;
  readonly open: boolean;
  /** Closes the files once their users are done; the next use opens them again. */
  close(): Promise<void>;
  /** Ends feeds, refuses further use with 404, waits for what is running, closes. */
  end(): Promise<void>;
}

export function createDatabase(deps: {
  name: string;
  folder: string;
  ring: RingLimits;
  /** Called after each use; the owner may then close other databases. */
  onUsed: (database: Database) => void;
  onFault: (error: Error) => void;
}): Database {
  const ring = createChangeRing(deps.ring);
  const events = new EventEmitter();
  events.setMaxListeners(0);
  const ending = new AbortController();
  const indexes = createTurnstile();
  let refusing = false;
  let docCount = 0;
  /** Whether the ring's top is known to be the stored sequence; it stays so while the files are closed. */
  let ringIsCurrent = false;
  let settings: Promise<Settings> | undefined;

  function onCommit(commit: Commit): void {
    docCount = commit.docCount;
    ring.add(commit);
    events.emit('commit');
  }

  /** After a failed batch nobody knows what the disk holds: open it anew and look. */
  function onFault(error: Error): void {
    ringIsCurrent = false;
    deps.onFault(error);
    files.close().catch(deps.onFault);
  }

  async function openFiles(): Promise<Handle> {
    const { revsLimit } = await readOnce();
    const opened = await openHandle({ location: join(deps.folder, 'data'), revsLimit, onCommit, onFault });
    docCount = opened.docCount;
    if (!ringIsCurrent) {
      ring.restart(opened.updateSeq);
      ringIsCurrent = true;
      events.emit('commit');
    }
    return opened;
  }
  const files = createReopenable<Handle>({ open: openFiles, close: (handle) => handle.close() });

  function readOnce(): Promise<Settings> {
    settings ??= readSettings(deps.folder).catch((error: unknown) => {
      settings = undefined;
      throw error;
    });
    return settings;
  }

  async function use<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    if (refusing) throw noSuchDatabase();
    try {
      return await files.use(work);
    } finally {
      deps.onUsed(database);
    }
  }

  const ringLoaded = () => (ringIsCurrent ? undefined : use(() => Promise.resolve()));

  let changing: Promise<void> = Promise.resolve();
  async function applySettings(change: Partial<Settings>): Promise<void> {
    const before = await readOnce();
    const next = { ...before, ...change };
    if (isDeepStrictEqual(before, next)) return;
    await writeSettings(deps.folder, next);
    settings = Promise.resolve(next);
    // PouchDB takes its limit when it opens.
    if (next.revsLimit !== before.revsLimit) await files.close();
  }

  const database: Database = {
    name: deps.name,
    settings: readOnce,
    updateSettings(change) {
      // One after the other: each replaces the file as a whole, by way of a file of one name.
      const turn = changing.then(() => applySettings(change));
      changing = turn.catch(() => undefined);
      return turn;
    },
    use,
    write: createGroupCommit<{ _id: string }, PouchRow>({
      maxItems: maxDocumentsPerCommit,
      commit: (docs) => use(({ pouch }) => writeInteractively(pouch, docs)),
    }),
    writeReplicated: (docs) => use(({ pouch }) => pouch.bulkDocs({ docs }, { new_edits: false })),
    compact: () => use(({ pouch, level }) => indexes.alone(() => compactDocuments(pouch, level))),
    useIndexes: (work) => use(({ pouch }) => indexes.together(() => work(pouch))),
    async updateSeq() {
      await ringLoaded();
      return ring.top;
    },
    counts: () =>
      use(({ idCount }) =>
        Promise.resolve({ living: docCount, deleted: idCount() - docCount, updateSeq: ring.top }),
      ),
    bytes: () =>
      use(
        ({ level }) =>
          new Promise<number>((resolve, reject) =>
            level.approximateSize('', endOf(sequences), (error, size) =>
              error ? reject(error) : resolve(size),
            ),
          ),
      ),
    async changesAfter(since, limit) {
      await ringLoaded();
      const recent = ring.after(since, limit);
      if (recent) return { changes: recent, upTo: recent.length < limit ? ring.top : lastSeq(recent, since) };
      return use(({ level }) => readChanges(level, since, limit, ring.top));
    },
    async waitForChange(since, signal) {
      while (ring.top <= since) await once(events, 'commit', { signal });
    },
    ended: ending.signal,
    get idle() {
      return files.users === 0;
    },
    get open() {
      return files.isOpen;
    },
    close: files.close,
    endFeeds: () => ending.abort(),
    end() {
      refusing = true;
      ending.abort();
      return files.close();
    },
  };
  return database;
}

/** `top` was read before the scan starts, so the scan's snapshot holds everything up to it. */
async function readChanges(level: Handle['level'], since: number, limit: number, top: number) {
  const changes: Change[] = [];
  for await (const group of scanChanges(level, { since, descending: false }, changesPerRead)) {
    changes.push(...group.slice(0, limit - changes.length));
    if (changes.length >= Math.min(limit, changesPerRead)) {
      return { changes, upTo: lastSeq(changes, since) };
    }
  }
  return { changes, upTo: Math.max(top, lastSeq(changes, since)) };
}

const lastSeq = (changes: Change[], otherwise: number) => changes.at(-1)?.seq ?? otherwise;

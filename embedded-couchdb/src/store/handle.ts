import { coalesceReads } from './coalesced-reads.ts';
import { readCommit } from './commit.ts';
import type { Commit } from './commit.ts';
import { documents, endOf, idCountKey } from './layout.ts';
import { entriesOf, getMany, leveldown } from './leveldown.ts';
import type { Level } from './leveldown.ts';
import { PouchDB } from './pouch.ts';
import type { Pouch } from './pouch.ts';

/** An open database: PouchDB for writing and indexes, its LevelDB for reading. */
export interface Handle {
  pouch: Pouch;
  level: Level;
  /** As they were when it was opened; commits tell how they go on. */
  updateSeq: number;
  docCount: number;
  /** Ids that exist now, tombstones included. */
  idCount(): number;
  close(): Promise<void>;
}

/**
 * Opens PouchDB on a leveldown whose every batch is forced to disk before its callback runs. PouchDB writes
 * a bulk (bodies, metadata, sequence, count) as one batch, so a bulk is atomic and costs one fsync.
 *
 * `onCommit` sees each durable commit before whoever wrote it does; `onFault` hears that a batch failed, after
 * which LevelDB refuses to write and the handle must be reopened.
 */
export async function openHandle(options: {
  location: string;
  revsLimit: number;
  onCommit: (commit: Commit) => void;
  onFault: (error: Error) => void;
}): Promise<Handle> {
  let level: Level | undefined;
  let idCount = 0;

  function syncedLeveldown(location: string): Level {
    const opened = leveldown(location);
    // An index remembers in its own batches how far it has come, and is caught up from there: no fsync needed.
    if (location !== options.location) return opened;
    level = opened;
    coalesceReads(opened);
    const write = opened._batch.bind(opened);
    opened._batch = (operations, batchOptions, callback) => {
      const commit = readCommit(operations);
      const known = idCount + (commit?.newIds ?? 0);
      const all =
        known === idCount
          ? operations
          : [...operations, { type: 'put' as const, key: idCountKey, value: String(known) }];
      // A bulk of which every document was refused still writes its counters, unchanged: nothing to keep safe.
      const sync = commit === undefined || commit.changes.length > 0 || !commit.complete;
      write(all, { ...batchOptions, sync }, (error) => {
        if (error) options.onFault(error);
        else if (commit) {
          idCount = known;
          options.onCommit(commit);
        }
        callback(error);
      });
    };
    return opened;
  }
  syncedLeveldown.destroy = leveldown.destroy;

  const pouch = new PouchDB(options.location, {
    adapter: 'leveldb',
    db: syncedLeveldown,
    revs_limit: options.revsLimit,
  });
  scanToTheEnd(pouch);
  const info = await pouch.info();
  if (!level) throw new Error('PouchDB did not open its store through our leveldown');
  idCount = await readIdCount(level);

  return {
    pouch,
    level,
    updateSeq: info.update_seq,
    docCount: info.doc_count,
    idCount: () => idCount,
    async close() {
      for (const view of Object.values(pouch._cachedViews ?? {})) await (await view).db.close();
      await pouch.close();
    },
  };
}

/**
 * PouchDB ends an open scan at `ÿ`, so ids that begin with a later character (most scripts, emoji) would be
 * missing from what Mango finds without an index. An explicit end is honoured.
 */
function scanToTheEnd(pouch: Pouch): void {
  const scan = pouch._allDocs.bind(pouch);
  const last = '\u{10ffff}';
  pouch._allDocs = (options, callback) => {
    if ('keys' in options || 'key' in options) return scan(options, callback);
    const bound = options.descending === true ? 'startkey' : 'endkey';
    return scan({ [bound]: last, ...definedOf(options) }, callback);
  };
}

const definedOf = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));

async function readIdCount(level: Level): Promise<number> {
  const [stored] = await getMany(level, [idCountKey]);
  if (stored !== undefined) return Number(stored);
  let count = 0;
  for await (const group of entriesOf(level, { gte: documents, lt: endOf(documents), values: false }, 1000)) {
    count += group.length;
  }
  return count;
}

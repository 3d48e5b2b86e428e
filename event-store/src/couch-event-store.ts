import { type Commit, commitSchema, type EventEnvelope } from '@recado/domain/commit/commit';
import { seal } from '@recado/domain/commit/chain';
import { commitId } from '@recado/domain/commit/stream-id';
import { eventsDatabase } from '@recado/domain/databases';
import type { CouchConnection } from './couch/connect.ts';
import type { ChangesPage } from './couch/database.ts';
import { type ChangesOptions, type CommitBatch, type EventStore, StoreUnavailable } from './event-store.ts';
import { createGroupCommit, type GroupCommitDeps } from './group-commit.ts';
import { pause } from './pause.ts';
import { backoffMs } from './retry.ts';
import { createStreamOrder } from './stream-order.ts';

export interface EventStoreLogger {
  warn(fields: object, message: string): void;
}

export interface EventStoreMetrics {
  /** A request with appends was answered: how many commits it stored or refused, and how long it took, ms. */
  batch?(commits: number, tookMs: number): void;
  /** A document of the events database is no commit. */
  malformed?(): void;
  /** The live feed was lost and is being opened again. */
  reconnect?(): void;
}

export interface CouchEventStoreDeps {
  couch: CouchConnection;
  tenant: string;
  logger?: EventStoreLogger;
  metrics?: EventStoreMetrics;
  /** Most time between two signs of life of the live feed, ms; default 10,000. */
  heartbeatMs?: number;
  /**
   * Least time between two looks of a live feed, ms; default 25. Under load each look then brings many commits; one
   * that comes after a quiet moment is told at once.
   */
  gatherMs?: number;
  groupCommit?: Omit<GroupCommitDeps, 'database' | 'onBatch'>;
}

export type CouchEventStore = EventStore & {
  /** Waits for the appends under way; later ones are refused. */
  stop(): Promise<void>;
};

/** Sorts after every version of a stream, by bytes. */
const lastVersion = 99_999_999;

/** The event store on CouchDB: one document per commit, whose id is the lock. */
export function createCouchEventStore(deps: CouchEventStoreDeps): CouchEventStore {
  const { couch, tenant, logger, metrics, heartbeatMs = 10_000, gatherMs = 25 } = deps;
  const database = couch.database(eventsDatabase(tenant));
  const group = createGroupCommit({
    ...deps.groupCommit,
    database,
    onBatch: (commits, tookMs) => metrics?.batch?.(commits, tookMs),
  });

  /** Parsed where it enters; what is no commit is told and left out, so one bad document stops nobody. */
  const commitsOf = (docs: readonly { _id: string }[]): Commit[] =>
    docs.flatMap((doc) => {
      if (doc._id.startsWith('_design/')) return [];
      const parsed = commitSchema.safeParse(doc);
      if (parsed.success && parsed.data._id === commitId(parsed.data.stream, parsed.data.version))
        return [parsed.data];
      const problem = parsed.error?.issues[0];
      metrics?.malformed?.();
      logger?.warn(
        { id: doc._id, field: problem?.path.join('.'), problem: problem?.code },
        'a document is no commit',
      );
      return [];
    });

  const read = async <Event extends EventEnvelope>(stream: string, after = 0): Promise<Commit<Event>[]> => {
    const docs = await database.allDocs({
      startKey: commitId(stream, after + 1),
      endKey: commitId(stream, lastVersion),
    });
    return commitsOf(docs) as Commit<Event>[];
  };

  const latest = async <Event extends EventEnvelope>(prefix: string): Promise<Commit<Event> | null> => {
    for (let skip = 0; ; skip++) {
      const range = { startKey: endOfPrefix(prefix), endKey: prefix, descending: true, limit: 1, skip };
      const docs = await database.allDocs(range);
      if (docs.length === 0) return null;
      const [commit] = commitsOf(docs.filter((doc) => doc._id.startsWith(prefix)));
      if (commit) return commit as Commit<Event>;
    }
  };

  const streams = async (
    prefix: string,
    options: { after?: string; limit?: number } = {},
  ): Promise<string[]> => {
    const { limit = 100 } = options;
    const found: string[] = [];
    let from = options.after === undefined ? prefix : commitId(options.after, lastVersion);
    while (found.length < limit) {
      const rows = await database.allIds({ startKey: from, endKey: endOfPrefix(prefix), limit: 1_000 });
      for (const { id } of rows) {
        if (id.startsWith('_design/')) continue;
        const stream = id.slice(0, id.lastIndexOf(':'));
        if (id.startsWith(prefix) && stream !== found.at(-1) && stream !== options.after) found.push(stream);
      }
      const last = found.at(-1);
      if (rows.length < 1_000 || last === undefined) break;
      from = commitId(last, lastVersion);
    }
    return found.slice(0, limit);
  };

  /** Pages of the feed. A live one outlasts every fault of the store; the others throw it. */
  async function* pages({
    after,
    limit = 500,
    live,
    signal,
  }: ChangesOptions): AsyncGenerator<ChangesPage<object>> {
    let since = after ?? '0';
    let waiting = false;
    let ahead: Promise<ChangesPage<object>> | null = null;
    const nextPage = (): Promise<ChangesPage<object>> =>
      waiting
        ? database.longpoll({ since, limit, signal, heartbeatMs })
        : database.changes({ since, limit: since === 'now' ? 1 : limit, signal });

    for (let failures = 0; !signal.aborted;) {
      try {
        const page = await (ahead ?? nextPage());
        const arrived = performance.now();
        ahead = null;
        failures = 0;
        since = page.lastSeq;
        // A full page means that more is stored. (The empty page for 'now' tells where that is.)
        waiting = page.rows.length < limit;
        if (!waiting) {
          // Fetched while the reader is busy with this one. Its failure is met when it is awaited.
          ahead = nextPage();
          ahead.catch(() => undefined);
        }
        if (page.rows.length > 0) yield page;
        if (waiting && !live) return;
        const gatherLeftMs = arrived + gatherMs - performance.now();
        if (waiting && gatherLeftMs > 0) await pause(gatherLeftMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!live || !(error instanceof StoreUnavailable)) throw error;
        ahead = null;
        waiting = false;
        failures++;
        metrics?.reconnect?.();
        logger?.warn({ err: error, failures }, 'the feed of commits was lost');
        await pause(backoffMs(failures, { maxMs: 5_000 }), signal).catch(() => undefined);
      }
    }
  }

  async function* changes(options: ChangesOptions): AsyncGenerator<CommitBatch> {
    const inOrder = createStreamOrder({ read, fromStart: options.after === null });
    for await (const page of pages(options)) {
      const commits: Commit[] = [];
      for (const commit of commitsOf(page.rows.flatMap((row) => row.doc ?? []))) {
        commits.push(...(await inOrder(commit)));
      }
      yield { commits, position: page.lastSeq };
    }
  }

  return {
    async append(draft) {
      const commit = seal(draft);
      await group.append(commit);
      return commit;
    },
    read,
    latest,
    streams,
    changes,
    stop: () => group.stop(),
  };
}

/** The first id after all that start with `prefix`: its last character raised by one. */
function endOfPrefix(prefix: string): string {
  if (prefix === '') return '\ufff0';
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

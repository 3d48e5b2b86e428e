import type { Commit } from '@recado/domain/commit/commit';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BulkRow, CouchDatabase } from './couch/database.ts';
import { CouchRefused } from './couch/faults.ts';
import { StoreUnavailable, VersionConflict } from './event-store.ts';
import { pause } from './pause.ts';
import { backoffMs } from './retry.ts';

export interface GroupCommitDeps {
  database: Pick<CouchDatabase, 'bulkJson' | 'getMany'>;
  /** Most commits in one request; default 500. */
  maxCommits?: number;
  /** Most characters of JSON in one request; default 2,000,000. */
  maxLength?: number;
  /** How long an append may look for its outcome before it is given up as unknown, ms; default 15,000. */
  giveUpAfterMs?: number;
  onBatch?: (commits: number, tookMs: number) => void;
}

export interface GroupCommit {
  /** Resolves when the commit is durable. @throws VersionConflict, StoreUnavailable, CouchRefused. */
  append(commit: Commit): Promise<void>;
  /** Waits for what is under way and takes no more. */
  stop(): Promise<void>;
}

interface Entry {
  commit: Commit;
  json: string;
  giveUpAt: number;
  /** It may be stored already: an earlier request with it had no answer. */
  uncertain: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Appends that come while a request is under way wait and go together in the next one, so that one fsync pays
 * for many commits and throughput grows with load. One request is in flight at a time.
 *
 * A request without an answer is sent again: ids make that safe. A conflict of a commit that was sent before is
 * then its own trace if the stored hash is the same, and another writer's otherwise.
 */
export function createGroupCommit(deps: GroupCommitDeps): GroupCommit {
  const { database, maxCommits = 500, maxLength = 2_000_000, giveUpAfterMs = 15_000, onBatch } = deps;
  let waiting: Entry[] = [];
  let running: Promise<void> | null = null;
  let stopped = false;

  /** At most one commit of a stream in a request: a later version must not be stored without the one before. */
  const takeBatch = (): Entry[] => {
    const batch: Entry[] = [];
    const later: Entry[] = [];
    const streams = new Set<string>();
    let length = 0;
    for (const entry of waiting) {
      const fits =
        batch.length === 0 || (batch.length < maxCommits && length + entry.json.length <= maxLength);
      if (!fits || streams.has(entry.commit.stream)) {
        later.push(entry);
        continue;
      }
      batch.push(entry);
      streams.add(entry.commit.stream);
      length += entry.json.length;
    }
    waiting = later;
    return batch;
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Those whom the last answer let go on append again within this turn: let them join.
      await nextTurn();
      await commitTogether(takeBatch());
    }
    running = null;
  };

  const commitTogether = async (batch: Entry[]): Promise<void> => {
    let open = batch;
    for (let attempt = 1; open.length > 0; attempt++) {
      open = await send(open);
      // Once at least the outcome is asked for, however late it is.
      if (attempt > 1) open = giveUpLate(open);
      if (open.length > 0) await pause(backoffMs(attempt, { baseMs: 50, maxMs: 1_000 }));
    }
  };

  /** @returns those whose outcome is still unknown. */
  const send = async (batch: Entry[]): Promise<Entry[]> => {
    const started = performance.now();
    let rows: BulkRow[];
    try {
      rows = await database.bulkJson(batch.map((entry) => entry.json));
      onBatch?.(batch.length, performance.now() - started);
    } catch (error) {
      if (error instanceof StoreUnavailable) return markUncertain(batch);
      return sendApart(batch, error);
    }
    return settle(batch, rows);
  };

  /** The whole request was refused. If one commit's shape or size may be why, that one alone must fail. */
  const sendApart = async (batch: Entry[], error: unknown): Promise<Entry[]> => {
    const aboutOne = error instanceof CouchRefused && (error.status === 400 || error.status === 413);
    if (batch.length === 1 || !aboutOne) {
      for (const entry of batch) entry.reject(error);
      return [];
    }
    const middle = batch.length >> 1;
    return [...(await send(batch.slice(0, middle))), ...(await send(batch.slice(middle)))];
  };

  const settle = async (batch: Entry[], rows: BulkRow[]): Promise<Entry[]> => {
    const rowOf = new Map(rows.map((row) => [row.id, row]));
    const contested: Entry[] = [];
    const unanswered: Entry[] = [];
    for (const entry of batch) {
      const { commit } = entry;
      const row = rowOf.get(commit._id);
      if (row && row.error === undefined) entry.resolve();
      else if (row?.error === 'conflict' && entry.uncertain) contested.push(entry);
      else if (row?.error === 'conflict') entry.reject(new VersionConflict(commit.stream, commit.version));
      else if (row?.error === 'forbidden') entry.reject(new CouchRefused(403, 'forbidden', row.reason ?? ''));
      else unanswered.push(entry);
    }
    return [...markUncertain(unanswered), ...(await findOut(contested))];
  };

  const findOut = async (contested: Entry[]): Promise<Entry[]> => {
    if (contested.length === 0) return [];
    try {
      const stored = await database.getMany<Partial<Commit>>(contested.map((entry) => entry.commit._id));
      return contested.filter((entry, index) => {
        const found = stored[index];
        if (!found) return true;
        if (found.hash === entry.commit.hash) entry.resolve();
        else entry.reject(new VersionConflict(entry.commit.stream, entry.commit.version));
        return false;
      });
    } catch (error) {
      if (error instanceof StoreUnavailable) return contested;
      for (const entry of contested) entry.reject(error);
      return [];
    }
  };

  const giveUpLate = (open: Entry[]): Entry[] =>
    open.filter((entry) => {
      if (performance.now() < entry.giveUpAt) return true;
      entry.reject(new StoreUnavailable(`no answer for ${entry.commit._id}: it may be stored or not`));
      return false;
    });

  return {
    append(commit) {
      if (stopped) return Promise.reject(new StoreUnavailable('the event store has been stopped'));
      return new Promise((resolve, reject) => {
        const giveUpAt = performance.now() + giveUpAfterMs;
        waiting.push({ commit, json: JSON.stringify(commit), giveUpAt, uncertain: false, resolve, reject });
        running ??= run();
      });
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

function markUncertain<E extends { uncertain: boolean }>(entries: E[]): E[] {
  for (const entry of entries) entry.uncertain = true;
  return entries;
}

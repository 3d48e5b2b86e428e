import { setTimeout as delay } from 'node:timers/promises';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import { CouchRefused } from '@recado/event-store/couch/faults';
import { backoffMs } from '@recado/event-store/retry';
import type { Logger } from 'pino';
import type { ChangeRow } from './read-changes.ts';

/**
 * One upstream feed for each mailbox that somebody waits on, whatever the number of waiters.
 *
 *   device ──longpoll──► watcher ─┐
 *   device ──longpoll──► watcher ─┼─◄── rows, and a wake-up ◄── continuous _changes of the mailbox
 *
 * The feed keeps its latest rows, so a watcher that stands at a sequence which the feed has passed is given what
 * came after without another read of the store; one that stands elsewhere reads for itself, from its own `since`.
 * No wake-up is lost: a watcher's `started` resolves once the feed has a fixed starting point, and what came
 * before that point is read; the feed resumes from the last sequence it saw.
 */
export interface MailboxFeeds {
  watch(databaseName: string, includes: (id: string) => boolean): Watcher;
  /** The database is going away: its watchers end. */
  end(databaseName: string): void;
  stop(): Promise<void>;
}

export interface Watcher {
  /** What was written before this resolves is in the database for whoever reads it now; what comes later wakes. */
  started: Promise<void>;
  /** Resolves at the next change that concerns this watcher, at once when there was one since the last call. */
  changed(signal: AbortSignal): Promise<void>;
  /**
   * The rows after a sequence at which the feed itself has stood, oldest first (none when it stands there now:
   * what comes after will wake). null for any other sequence, or one too long ago: that is the store's to answer.
   */
  rowsAfter(since: string): { rows: FeedRow[]; lastSeq: string } | null;
  /** Aborted when the database went away. */
  ended: AbortSignal;
  close(): void;
}

/** A row of the upstream feed, with its document and all leaves. */
export type FeedRow = ChangeRow & { seq: string };

export interface MailboxFeedsDeps {
  couch: CouchConnection;
  logger: Logger;
  /** How long an upstream feed stays open for the next longpoll, ms. */
  lingerMs?: number;
  heartbeatMs?: number;
}

export function createMailboxFeeds(deps: MailboxFeedsDeps): MailboxFeeds {
  const { lingerMs = 15_000 } = deps;
  const feeds = new Map<string, Feed>();

  const drop = (databaseName: string, feed: Feed): void => {
    if (feeds.get(databaseName) === feed) feeds.delete(databaseName);
    feed.stop();
  };

  return {
    watch(databaseName, includes) {
      let feed = feeds.get(databaseName);
      if (!feed || feed.ended.aborted) {
        feed = openFeed({ ...deps, databaseName });
        feeds.set(databaseName, feed);
      }
      const opened = feed;
      clearTimeout(opened.lingering);
      const watcher = opened.add(includes);
      return {
        ...watcher,
        close() {
          opened.remove(watcher);
          if (opened.isWatched()) return;
          clearTimeout(opened.lingering);
          opened.lingering = setTimeout(() => drop(databaseName, opened), lingerMs).unref();
        },
      };
    },
    end(databaseName) {
      const feed = feeds.get(databaseName);
      if (feed) drop(databaseName, feed);
    },
    async stop() {
      const open = [...feeds];
      for (const [name, feed] of open) drop(name, feed);
      await Promise.all(open.map(([, feed]) => feed.running));
    },
  };
}

/** Enough for a device that asks again at once; who was away longer reads the store. */
const rememberedRows = 200;

interface Feed {
  add(includes: (id: string) => boolean): Watcher;
  remove(watcher: object): void;
  isWatched(): boolean;
  ended: AbortSignal;
  lingering: NodeJS.Timeout | undefined;
  running: Promise<void>;
  stop(): void;
}

function openFeed(deps: MailboxFeedsDeps & { databaseName: string }): Feed {
  const { couch, logger, databaseName, heartbeatMs = 20_000 } = deps;
  const path = `${encodeURIComponent(databaseName)}/_changes`;
  const ending = new AbortController();
  const { signal } = ending;
  const watchers = new Map<object, { includes: (id: string) => boolean; wake: () => void }>();
  let since: string | null = null;
  /** The latest rows, each with the position of the feed before it. No row between them is missing. */
  const recent: { before: string; row: FeedRow }[] = [];
  const start = Promise.withResolvers<void>();
  start.promise.catch(() => undefined);

  const wake = (id: string): void => {
    for (const watcher of watchers.values()) if (watcher.includes(id)) watcher.wake();
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        if (since === null) {
          const now = await couch.call<{ last_seq: string | number }>({
            path,
            query: { since: 'now', limit: 1 },
            signal,
          });
          since = String(now.last_seq);
          start.resolve();
        }
        await readContinuous(since);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof CouchRefused && error.status === 404) break;
        failures++;
        logger.warn({ err: error, databaseName, failures }, 'the feed of a mailbox was lost');
        await delay(backoffMs(failures, { maxMs: 5_000 }), undefined, { signal }).catch(() => undefined);
      }
    }
    ending.abort();
    start.reject(new Error('the mailbox went away'));
  };

  const readContinuous = async (from: string): Promise<void> => {
    const query = new URLSearchParams({
      feed: 'continuous',
      since: from,
      heartbeat: String(heartbeatMs),
      include_docs: 'true',
      style: 'all_docs',
    });
    let position = from;
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(new Error('silent')), heartbeatMs * 2.5);
    try {
      const response = await couch.fetch(`${path}?${query.toString()}`, {
        signal: AbortSignal.any([signal, silence.signal]),
      });
      for await (const lines of linesOf(response, () => watchdog.refresh())) {
        const ids: string[] = [];
        for (const line of lines) {
          const row = JSON.parse(line) as Partial<ChangeRow>;
          if (row.id === undefined || row.seq === undefined || row.changes === undefined) continue;
          const seq = String(row.seq);
          recent.push({ before: position, row: { ...row, id: row.id, changes: row.changes, seq } });
          if (recent.length > rememberedRows) recent.shift();
          since = position = seq;
          ids.push(row.id);
        }
        // What came together is answered together: a message and its conversation are one answer, not two.
        for (const id of ids) wake(id);
      }
    } finally {
      clearTimeout(watchdog);
    }
  };

  return {
    add(includes) {
      let pending = Promise.withResolvers<void>();
      const watcher: Watcher = {
        started: start.promise,
        ended: signal,
        rowsAfter(sequence) {
          if (since === null) return null;
          if (sequence === since) return { rows: [], lastSeq: since };
          const first = recent.findIndex(({ before }) => before === sequence);
          return first < 0 ? null : { rows: recent.slice(first).map(({ row }) => row), lastSeq: since };
        },
        async changed(waiting) {
          await settledOrAborted(pending.promise, AbortSignal.any([waiting, signal]));
          pending = Promise.withResolvers<void>();
        },
        close: () => undefined,
      };
      watchers.set(watcher, { includes, wake: () => pending.resolve() });
      return watcher;
    },
    remove: (watcher) => void watchers.delete(watcher),
    isWatched: () => watchers.size > 0,
    ended: signal,
    lingering: undefined,
    running: run(),
    stop: () => ending.abort(),
  };
}

/** The whole lines of each piece as it arrives. */
async function* linesOf(response: Response, onData: () => void): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    onData();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines.filter((line) => line.trim() !== '');
  }
}

/** Resolves with the promise or when the signal aborts, whichever is first; never rejects. */
function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    promise.then(done, done);
  });
}

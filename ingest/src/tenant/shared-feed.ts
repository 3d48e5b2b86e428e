import { setTimeout as delay } from 'node:timers/promises';
import type { ChangesOptions, CommitBatch, EventStore } from '@recado/event-store/event-store';
import { LRUCache } from 'lru-cache';

/**
 * The store with one live feed for all who follow it here, instead of one each: under load the feeds would cost
 * more than the work. Each follower still starts at its own checkpoint.
 *
 *   own position ─► read what is stored, alone ─► caught up ─► join the shared feed ─► (too far behind? alone again)
 *
 * No gap: who joins listens first and then reads to the end once more, so what the feed brought before is read,
 * and what it brings after is heard. What was both read and heard is given once: the versions given last are kept
 * in mind, and a stream's order is the feed's order.
 */
export interface SharedFeed {
  store: EventStore;
  close(): Promise<void>;
}

export interface SharedFeedOptions {
  /** Pause between two looks of the shared feed, so that commits come in batches, ms; default 5. */
  gatherMs?: number;
  /** A follower that is this many commits behind reads alone again; default 5,000. */
  mostBehind?: number;
  onError?: (error: unknown) => void;
}

/** Streams whose last given version is kept in mind. */
const remembered = 20_000;

interface Listener {
  batches: CommitBatch[];
  /** Commits in `batches`. */
  commits: number;
  /** The shared feed has ended: what comes now is not heard. */
  cutOff: boolean;
  wake(): void;
}

export function shareFeed(store: EventStore, options: SharedFeedOptions = {}): SharedFeed {
  const { gatherMs = 5, mostBehind = 5_000, onError } = options;
  const listeners = new Set<Listener>();
  const closing = new AbortController();
  let running: Promise<void> | null = null;

  const hear = async (after: string | null): Promise<void> => {
    try {
      for await (const batch of store.changes({ after, live: true, signal: closing.signal })) {
        for (const listener of listeners) {
          listener.batches.push(batch);
          listener.commits += batch.commits.length;
          listener.wake();
        }
        await delay(gatherMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!closing.signal.aborted) onError?.(error);
    } finally {
      running = null;
      // Those who listened have missed what comes now: they read alone, and the first to catch up begins anew.
      for (const listener of listeners) {
        listener.cutOff = true;
        listener.wake();
      }
    }
  };

  async function* changes(asked: ChangesOptions): AsyncGenerator<CommitBatch> {
    if (!asked.live || asked.after === 'now') return yield* store.changes(asked);
    const signal = AbortSignal.any([asked.signal, closing.signal]);
    const given = new LRUCache<string, number>({ max: remembered });
    const remember = ({ commits }: CommitBatch): void => {
      for (const { stream, version } of commits) given.set(stream, version);
    };
    let position = asked.after;
    while (!signal.aborted) {
      for await (const batch of store.changes({ ...asked, after: position, live: false, signal })) {
        position = batch.position;
        remember(batch);
        yield batch;
      }
      const listener: Listener = { batches: [], commits: 0, cutOff: false, wake: () => undefined };
      listeners.add(listener);
      try {
        for await (const batch of store.changes({ ...asked, after: position, live: false, signal })) {
          position = batch.position;
          remember(batch);
          yield batch;
        }
        if (signal.aborted) return;
        running ??= hear(position);
        while (!signal.aborted && listener.commits <= mostBehind) {
          const heard = take(listener, given);
          if (heard === null) {
            if (listener.cutOff) break;
            await somethingHeard(listener, signal);
            continue;
          }
          position = heard.position;
          remember(heard);
          if (heard.commits.length > 0) yield heard;
        }
      } finally {
        listeners.delete(listener);
      }
    }
  }

  return {
    store: { ...store, changes },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** All that was heard as one batch, without what had been given before; null when nothing was. */
function take(listener: Listener, given: LRUCache<string, number>): CommitBatch | null {
  const last = listener.batches.at(-1);
  if (!last) return null;
  const heard = listener.batches.flatMap((batch) => batch.commits);
  const commits = heard.filter(({ stream, version }) => version > (given.get(stream) ?? 0));
  listener.batches = [];
  listener.commits = 0;
  return { commits, position: last.position };
}

async function somethingHeard(listener: Listener, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  listener.wake = wake;
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  signal.removeEventListener('abort', wake);
  listener.wake = () => undefined;
}

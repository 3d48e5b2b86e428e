import { backOff } from './back-off.ts';

/**
 * All requests of synchronisation go through here, in two lanes of one request each: `feed` holds the long poll,
 * `work` everything else. So a device never has more than two sync connections open.
 *
 * - An answer that is not 2xx is an error: RxDB never reads the status and would take it for data.
 * - After a failure the next request of either lane waits, longer each time (`back-off.ts`); `probe` ends the wait.
 * - 401, 403 and 410 are told to the app and nothing more is asked: these do not pass by waiting.
 * - After `stop` nothing is in flight, and nothing can be started.
 */
export interface ConnectionDeps {
  fetch: (input: string, init: RequestInit) => Promise<Response>;
  random: () => number;
  /** Resolves after `ms`; the signal ends the wait early. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  tell: (news: ConnectionNews) => void;
}

export type Refusal = 'signed_out' | 'forbidden' | 'epoch_changed';
export type ConnectionNews =
  { kind: 'contact' } | { kind: 'trouble'; failures: number } | { kind: 'refused'; refusal: Refusal };

export type Lane = 'feed' | 'work';
export type Connection = ReturnType<typeof createConnection>;

/** The store could not be reached or did not answer as it should. Retried by the caller. */
export class SyncFault extends Error {
  override name = 'SyncFault';
}
/** Synchronisation was ended; not worth a retry. */
export class SyncStopped extends Error {
  override name = 'SyncStopped';
}

const refusals: Record<number, Refusal> = { 401: 'signed_out', 403: 'forbidden', 410: 'epoch_changed' };
/** Longer than any answer may take; a socket that died silently is given up after it. */
const timeouts: Record<Lane, number> = { feed: 45_000, work: 60_000 };

export function createConnection({ fetch, random, wait, tell }: ConnectionDeps) {
  const ended = new AbortController();
  let roused = new AbortController();
  let poll: AbortController | null = null;
  let failures = 0;
  let refused = false;
  const busy: Record<Lane, Promise<unknown>> = { feed: Promise.resolve(), work: Promise.resolve() };

  async function request(lane: Lane, url: string, init: RequestInit = {}): Promise<unknown> {
    const turn = busy[lane].then(() => attempt(lane, url, init));
    busy[lane] = turn.catch(() => undefined);
    return turn;
  }

  async function attempt(lane: Lane, url: string, init: RequestInit): Promise<unknown> {
    if (refused) await untilEnded();
    if (failures > 0 && !ended.signal.aborted)
      await wait(backOff(failures, random), AbortSignal.any([ended.signal, roused.signal]));
    if (ended.signal.aborted) throw new SyncStopped();

    const cut = new AbortController();
    if (lane === 'feed') poll = cut;
    try {
      const signal = AbortSignal.any([ended.signal, cut.signal, AbortSignal.timeout(timeouts[lane])]);
      const response = await fetch(url, { ...init, signal });
      const refusal = refusals[response.status];
      if (refusal) {
        refused = true;
        tell({ kind: 'refused', refusal });
        return await untilEnded();
      }
      if (!response.ok) throw new SyncFault(`status ${response.status}`);
      const body: unknown = await response.json();
      failures = 0;
      tell({ kind: 'contact' });
      return body;
    } catch (error) {
      if (ended.signal.aborted) throw new SyncStopped();
      // Cut by `probe`: whether the network is there is what the next attempt finds out.
      if (cut.signal.aborted) throw new SyncFault('probing');
      failures += 1;
      tell({ kind: 'trouble', failures });
      throw error instanceof SyncFault ? error : new SyncFault('unreachable');
    }
  }

  const untilEnded = (): Promise<never> =>
    new Promise((_, reject) => {
      const end = () => reject(new SyncStopped());
      if (ended.signal.aborted) end();
      else ended.signal.addEventListener('abort', end, { once: true });
    });

  return {
    request,
    ended: ended.signal,
    /** The last answer did not come, and requests wait. */
    inTrouble: () => failures > 0,
    /** Something hints that the network came or went: look now instead of waiting. */
    probe() {
      roused.abort();
      roused = new AbortController();
      poll?.abort();
    },
    stop: () => ended.abort(),
  };
}

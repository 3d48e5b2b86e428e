import { pause } from './pause.ts';

export interface BackoffOptions {
  /** Longest wait after the first failure, ms; doubles with each failure. Default 100. */
  baseMs?: number;
  /** Longest wait at all, ms; default 10,000. */
  maxMs?: number;
  /** 0 ≤ n < 1. Waits are spread, so that many who failed together do not come back together. */
  random?: () => number;
}

/** How long to wait after failure number `attempt` (from 1), ms. */
export function backoffMs(
  attempt: number,
  { baseMs = 100, maxMs = 10_000, random = Math.random }: BackoffOptions = {},
): number {
  const longest = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return longest / 2 + (longest / 2) * random();
}

export interface RetryOptions extends BackoffOptions {
  /** Most calls of `work`; default no limit. */
  attempts?: number;
  signal?: AbortSignal;
  /** Which errors may pass by themselves; default all. Others are thrown at once. */
  isFault?: (error: unknown) => boolean;
  onFault?: (error: unknown, attempt: number) => void;
}

/** Calls `work` until it succeeds. @throws its last error, or the signal's reason. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = Infinity, signal, isFault = () => true, onFault } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isFault(error) || attempt >= attempts) throw error;
      onFault?.(error, attempt);
      await pause(backoffMs(attempt, options), signal);
    }
  }
}

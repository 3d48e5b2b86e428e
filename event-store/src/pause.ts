import { setTimeout as delay } from 'node:timers/promises';

/** Waits. @throws the reason of `signal` when it aborts. */
export async function pause(forMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await delay(Math.max(0, forMs), undefined, { signal });
  } catch {
    signal?.throwIfAborted();
  }
}

import { setTimeout as delay } from 'node:timers/promises';

/** Runs at once and then every so often; never twice at a time. */
export function regularly(work: () => Promise<void>, everyMs: number, onError: (error: unknown) => void) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await work().catch(onError);
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Runs once for many askings that come close together, and again for those that come while it runs. */
export function debounced(work: () => Promise<void>, waitMs: number, onError: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = undefined;
        running = running.then(work).catch(onError);
      }, waitMs);
    },
    async stop() {
      clearTimeout(timer);
      await running;
    },
  };
}

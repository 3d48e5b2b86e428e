import { setTimeout as delay } from 'node:timers/promises';
import type { Leases } from '@recado/event-store/ports';

/** Work that must run once per installation: here while this process holds the lease, elsewhere otherwise. */
export interface LeasedWork {
  stop(): Promise<void>;
}

export interface LeasedWorkDeps {
  leases: Leases;
  /** Name of the lease. */
  name: string;
  holder: string;
  /** Runs until `signal` aborts, and resolves when everything it began has ended. */
  run(signal: AbortSignal): Promise<void>;
  onError: (error: unknown) => void;
}

const afterFaultMs = 1_000;

export function startLeasedWork({ leases, name, holder, run, onError }: LeasedWorkDeps): LeasedWork {
  const stopping = new AbortController();

  const holdAgainAndAgain = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const lease = await leases.hold(name, { holder, signal: stopping.signal });
        try {
          await run(AbortSignal.any([lease.signal, stopping.signal]));
        } finally {
          await lease.release();
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(error);
        await delay(afterFaultMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const running = holdAgainAndAgain();

  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

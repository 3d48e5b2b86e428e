import { type Clock, instant } from '@recado/domain/time';
import type { Timer, Timers } from './ports.ts';

export interface TickerDeps {
  timers: Timers;
  /** Called at least once for each due timer: it must bear a repetition. A throw leaves the timer for the next tick. */
  handle(timer: Timer): Promise<void>;
  clock: Clock;
  /** Time between two looks, ms; default 1,000. */
  everyMs?: number;
  /** Most timers taken at once; default 100. */
  limit?: number;
  onError?: (error: unknown, timer: Timer | null) => void;
}

export interface Ticker {
  /** One look now, for tests and start-up. Ends when nothing is due that has not been tried. */
  tick(): Promise<void>;
  /** Waits for the timer in hand. */
  stop(): Promise<void>;
}

/** Handles due timers, oldest first, one at a time. Starts at once. */
export function createTicker(deps: TickerDeps): Ticker {
  const { timers, handle, clock, everyMs = 1_000, limit = 100, onError } = deps;
  let stopped = false;
  let ticking: Promise<void> | null = null;

  const lookOnce = async (): Promise<void> => {
    const failed = new Set<string>();
    while (!stopped) {
      // What has failed stays due: it must not keep those behind it from their turn.
      const due = await timers.due(instant(clock()), limit + failed.size);
      const untried = due.filter((timer) => !failed.has(timer.key));
      if (untried.length === 0) return;
      for (const timer of untried) {
        if (stopped) return;
        try {
          await handle(timer);
          await timers.done(timer);
        } catch (error) {
          failed.add(timer.key);
          onError?.(error, timer);
        }
      }
    }
  };

  const tick = (): Promise<void> => {
    ticking ??= lookOnce()
      .catch((error: unknown) => onError?.(error, null))
      .finally(() => {
        ticking = null;
      });
    return ticking;
  };

  const interval = setInterval(() => void tick(), everyMs);
  void tick();

  return {
    tick,
    async stop() {
      stopped = true;
      clearInterval(interval);
      await ticking;
    },
  };
}

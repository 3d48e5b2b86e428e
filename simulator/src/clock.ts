/** Time as the simulator sees it: epoch milliseconds, and timers that can be taken back. */
export type Clock = {
  now: () => number;
  /** Runs once after `ms`; the returned function cancels it. */
  after: (ms: number, run: () => void) => () => void;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that moves only when told, for tests: timers run in the order they fall due. */
export const createManualClock = (
  start = Date.UTC(2026, 10, 20, 12),
): Clock & { advance: (ms: number) => void } => {
  let now = start;
  let order = 0;
  const timers = new Map<number, { due: number; run: () => void }>();

  const nextDue = (until: number) =>
    [...timers.entries()]
      .filter(([, timer]) => timer.due <= until)
      .sort(([a, x], [b, y]) => x.due - y.due || a - b)[0];

  return {
    now: () => now,
    after: (ms, run) => {
      const id = order++;
      timers.set(id, { due: now + ms, run });
      return () => void timers.delete(id);
    },
    advance: (ms) => {
      const until = now + ms;
      for (let next = nextDue(until); next; next = nextDue(until)) {
        const [id, timer] = next;
        timers.delete(id);
        now = Math.max(now, timer.due);
        timer.run();
      }
      now = until;
    },
  };
};

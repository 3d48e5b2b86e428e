/** Runs the work of each id, one run of an id at a time, at most so many ids at once, first come first served. */
export interface RunQueue {
  /** An id that is being run is run once more afterwards; one that waits already waits once. */
  add(id: string): void;
  /** Forgets what has not begun. */
  clear(): void;
  /** Resolves when nothing runs and nothing waits, but for a rest to end. */
  idle(): Promise<void>;
}

export interface RunQueueDeps {
  concurrency: number;
  /**
   * Must not throw. Answers how long the queue must rest, ms, 0 for not at all: none of those who wait begins before
   * that, and this id is then the first of them.
   */
  run: (id: string) => Promise<number>;
}

export function createRunQueue({ concurrency, run }: RunQueueDeps): RunQueue {
  let waiting = new Set<string>();
  const running = new Set<string>();
  const again = new Set<string>();
  let idlers: (() => void)[] = [];
  let resting: NodeJS.Timeout | undefined;

  const begin = (): void => {
    for (const id of waiting) {
      if (resting || running.size >= concurrency) break;
      waiting.delete(id);
      running.add(id);
      void run(id).then((restMs) => {
        running.delete(id);
        if (restMs > 0) rest(id, restMs);
        else if (again.has(id)) waiting.add(id);
        again.delete(id);
        begin();
      });
    }
    if (running.size > 0 || (waiting.size > 0 && !resting)) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };

  const rest = (first: string, forMs: number): void => {
    waiting = new Set([first, ...waiting]);
    resting ??= setTimeout(() => {
      resting = undefined;
      begin();
    }, forMs);
  };

  return {
    add(id) {
      if (running.has(id)) again.add(id);
      else waiting.add(id);
      begin();
    },
    clear() {
      clearTimeout(resting);
      resting = undefined;
      waiting.clear();
      again.clear();
    },
    async idle() {
      if (running.size === 0 && (waiting.size === 0 || resting)) return;
      await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}

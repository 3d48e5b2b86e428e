/** Runs the work of each id, one run of an id at a time, at most so many ids at once, first come first served. */
export interface RunQueue {
  /** An id that is being run is run once more afterwards; one that waits already waits once. */
  add(id: string): void;
  /** Forgets what has not begun. */
  clear(): void;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

export interface RunQueueDeps {
  concurrency: number;
  /** Must not throw. */
  run: (id: string) => Promise<void>;
}

export function createRunQueue({ concurrency, run }: RunQueueDeps): RunQueue {
  const waiting = new Set<string>();
  const running = new Set<string>();
  const again = new Set<string>();
  let idlers: (() => void)[] = [];

  const begin = (): void => {
    for (const id of waiting) {
      if (running.size >= concurrency) return;
      waiting.delete(id);
      running.add(id);
      void run(id).finally(() => {
        running.delete(id);
        if (again.delete(id)) waiting.add(id);
        begin();
      });
    }
    if (running.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };

  return {
    add(id) {
      if (running.has(id)) again.add(id);
      else waiting.add(id);
      begin();
    },
    clear() {
      waiting.clear();
      again.clear();
    },
    async idle() {
      if (running.size === 0 && waiting.size === 0) return;
      await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}

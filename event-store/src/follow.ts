import type { CommitBatch } from './event-store.ts';
import type { FollowedBatch, Follower, FollowOptions } from './ports.ts';
import { pause } from './pause.ts';
import { backoffMs, type BackoffOptions, retry } from './retry.ts';

/**
 * Hands every commit of the store to `handle`, batch by batch, from the follower's checkpoint on, and then live.
 *
 *   load checkpoint ─► changes after it ─► handle (again until it succeeds) ─► save checkpoint ─┐
 *                              ▲──────────────────────────────────────────────────────────────◄─┘
 *
 * The checkpoint never runs ahead of the handler, so nothing is skipped; a crash between the two repeats a batch.
 */
export function follow<Batch extends FollowedBatch = CommitBatch>(
  options: FollowOptions<Batch> & { backoff?: BackoffOptions },
): Follower {
  const { store, checkpoints, name, handle, onError, limit, checkpointEveryMs = 250, backoff } = options;
  const controller = new AbortController();
  const { signal } = controller;
  const persist = { ...backoff, signal, onFault: onError };
  const observers = new Set<(batch: Batch) => void>();
  let position: string | null = null;
  let savedPosition: string | null = null;
  let lastSave = -Infinity;
  let trailingSave: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  const save = (): Promise<void> => {
    clearTimeout(trailingSave);
    trailingSave = undefined;
    lastSave = performance.now();
    saving = saving.then(async () => {
      const reached = position;
      if (reached === null || reached === savedPosition) return;
      try {
        await checkpoints.save(name, reached);
        savedPosition = reached;
      } catch (error) {
        // Not saving repeats batches after a restart, no more.
        onError?.(error, 1);
        if (!signal.aborted) saveLater(Math.max(checkpointEveryMs, 100));
      }
    });
    return saving;
  };

  const saveLater = (afterMs: number): void => {
    trailingSave ??= setTimeout(() => void save(), afterMs);
  };

  const saveSoon = async (): Promise<void> => {
    if (performance.now() - lastSave >= checkpointEveryMs) await save();
    else saveLater(checkpointEveryMs);
  };

  const started = retry(async () => {
    position = savedPosition = await checkpoints.load(name);
  }, persist);

  const handleBatch = async (batch: Batch): Promise<void> => {
    if (batch.commits.length > 0) await retry(() => handle(batch.commits, batch.position, batch), persist);
    position = batch.position;
    for (const observe of observers) observe(batch);
    await saveSoon();
  };

  const run = async (): Promise<void> => {
    await started;
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const batch of store.changes({ after: position, limit, live: true, signal })) {
          await handleBatch(batch);
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        onError?.(error, failures);
        await pause(backoffMs(failures, backoff), signal);
      }
    }
  };

  const running = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

  return {
    async stop() {
      controller.abort();
      await running;
      await save();
    },
    async settled() {
      await started;
      const { promise, resolve } = Promise.withResolvers<void>();
      const handled = new Set<string>();
      let stored: Set<string> | null = null;
      const check = () => {
        if (signal.aborted || (stored && [...stored].every((id) => handled.has(id)))) resolve();
      };
      const observe = (batch: Batch) => {
        for (const commit of batch.commits) handled.add(commit._id);
        check();
      };
      observers.add(observe);
      signal.addEventListener('abort', check, { once: true });
      try {
        const found = new Set<string>();
        for await (const batch of store.changes({ after: position, live: false, signal })) {
          for (const commit of batch.commits) found.add(commit._id);
        }
        stored = found;
        check();
        await promise;
      } finally {
        observers.delete(observe);
      }
    },
    position: () => position,
  };
}

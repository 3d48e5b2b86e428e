import type { CommitBatch, EventStore } from '@recado/event-store/event-store';

/**
 * The store whose feed reads the next batch while the reader is busy with this one, as long as it is behind: the
 * engine inserts in threads of its own, and this one would only wait. Behind is who was given half a batch or more.
 * Live it reads when asked: what comes during a load then is one batch after it, not two.
 */
export const readAhead = (store: EventStore): EventStore => ({
  ...store,
  async *changes(options) {
    const { limit = 500 } = options;
    const source = store.changes(options)[Symbol.asyncIterator]();
    let ahead: Promise<IteratorResult<CommitBatch>> | null = null;
    try {
      for (;;) {
        const step = await (ahead ?? source.next());
        ahead = null;
        if (step.done === true) return;
        if (step.value.commits.length * 2 >= limit) {
          ahead = source.next();
          // Its failure is met when it is awaited, after this batch.
          ahead.catch(() => undefined);
        }
        yield step.value;
      }
    } finally {
      await source.return?.();
    }
  },
});

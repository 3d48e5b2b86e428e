import type { FollowedBatch } from '@recado/event-store/ports';

/**
 * A feed that makes the next batch ready while its reader is busy with this one, as long as it is behind: the engine
 * inserts in threads of its own, and this one would only wait. Behind is who was given `behindAt` commits or more.
 * Live it reads when asked: what comes during a load then is one batch after it, not two.
 */
export async function* readAhead<Batch extends FollowedBatch>(
  batches: AsyncIterable<Batch>,
  { behindAt }: { behindAt: number },
): AsyncGenerator<Batch> {
  const source = batches[Symbol.asyncIterator]();
  let ahead: Promise<IteratorResult<Batch>> | null = null;
  try {
    for (;;) {
      const step = await (ahead ?? source.next());
      ahead = null;
      if (step.done === true) return;
      if (step.value.commits.length >= behindAt) {
        ahead = source.next();
        // Its failure is met when it is awaited, after this batch.
        ahead.catch(() => undefined);
      }
      yield step.value;
    }
  } finally {
    await source.return?.();
  }
}

import type { FollowedBatch } from '@recado/event-store/ports';

export interface GatherOptions<Batch> {
  /** A batch of so many commits may have more right behind it; smaller ones are the end of what is stored. */
  fullAt: number;
  /** So many commits are enough. */
  enough: number;
  /** How long the next batch may keep the ones gathered waiting, ms. */
  waitMs: number;
  join: (batches: readonly Batch[]) => Batch;
}

/**
 * Joins the batches of a feed that is behind: read in small pieces, which are forgotten young, inserted in large
 * ones, of which the warehouse makes few parts. A batch that is not full is given on at once.
 */
export async function* gather<Batch extends FollowedBatch>(
  batches: AsyncIterable<Batch>,
  { fullAt, enough, waitMs, join }: GatherOptions<Batch>,
): AsyncGenerator<Batch> {
  const source = batches[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<Batch>> | null = null;
  try {
    for (;;) {
      const step = await (asked ?? source.next());
      asked = null;
      if (step.done === true) return;
      const gathered = [step.value];
      let commits = step.value.commits.length;
      for (let last = step.value; last.commits.length >= fullAt && commits < enough;) {
        asked = source.next();
        const next = await unlessLate(asked, waitMs);
        // Late, ended or failed: it is met after what was gathered.
        if (next === null || next.done === true) break;
        asked = null;
        last = next.value;
        gathered.push(last);
        commits += last.commits.length;
      }
      yield join(gathered);
    }
  } finally {
    await source.return?.();
  }
}

/** Null when it takes longer, or fails. */
async function unlessLate<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), ms)));
  try {
    return await Promise.race([promise.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

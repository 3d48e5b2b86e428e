import type { FollowedBatch } from '@recado/event-store/ports';

export interface TestFeed {
  /** How many batches were asked for. */
  asked: number;
  ended: boolean;
}

/** A feed that gives batches of these sizes, at the positions '1', '2', …, then ends, or fails or waits as told. */
export function batchesOf(
  sizes: readonly number[],
  atEnd?: Error | Promise<void>,
): { feed: TestFeed; batches: AsyncIterable<FollowedBatch> } {
  const feed: TestFeed = { asked: 0, ended: false };
  async function* batches(): AsyncGenerator<FollowedBatch> {
    try {
      for (const size of sizes) {
        feed.asked += 1;
        await Promise.resolve();
        const commits = Array.from({ length: size }, (_, n) => ({ _id: `${feed.asked}.${n}` }));
        yield { commits, position: String(feed.asked) };
      }
      feed.asked += 1;
      if (atEnd instanceof Error) throw atEnd;
      await atEnd;
    } finally {
      feed.ended = true;
    }
  }
  return { feed, batches: batches() };
}

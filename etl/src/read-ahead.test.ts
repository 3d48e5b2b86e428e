import type { Commit } from '@recado/domain/commit/commit';
import type { CommitBatch, EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { describe, expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';

/** A store whose feed gives batches of these sizes, then fails if told so; `asked` counts what was read from it. */
function feeding(sizes: readonly number[], failure?: Error) {
  const feed = { asked: 0, ended: false };
  const store: EventStore = {
    ...createMemoryEventStore(),
    async *changes() {
      try {
        for (const size of sizes) {
          feed.asked += 1;
          await Promise.resolve();
          yield { commits: Array<Commit>(size), position: String(feed.asked) };
        }
        feed.asked += 1;
        if (failure) throw failure;
      } finally {
        feed.ended = true;
      }
    },
  };
  const batches = readAhead(store).changes({
    after: null,
    limit: 10,
    live: true,
    signal: new AbortController().signal,
  });
  return { feed, batches };
}

/** Each batch's position, and how many had been asked for while it was in hand. */
async function handled(batches: AsyncIterable<CommitBatch>, feed: { asked: number }) {
  const seen: [position: string, asked: number][] = [];
  for await (const { position } of batches) seen.push([position, feed.asked]);
  return seen;
}

describe('reading ahead', () => {
  it('asks for the next batch while a full one is in hand, and not while a small one is', async () => {
    const { feed, batches } = feeding([10, 9, 2, 1]);
    expect(await handled(batches, feed)).toEqual([
      ['1', 2],
      ['2', 3],
      ['3', 3],
      ['4', 4],
    ]);
  });

  it('meets a failure of the feed after the batch before it', async () => {
    const { batches } = feeding([10], new Error('the store is gone'));
    const positions: string[] = [];
    const reading = (async () => {
      for await (const { position } of batches) positions.push(position);
    })();
    await expect(reading).rejects.toThrow('the store is gone');
    expect(positions).toEqual(['1']);
  });

  it('ends the feed when its reader stops', async () => {
    const { feed, batches } = feeding([10, 10, 10]);
    for await (const batch of batches) if (batch.position === '1') break;
    expect(feed).toEqual({ asked: 2, ended: true });
  });
});

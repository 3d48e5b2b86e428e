import { describe, expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';
import { batchesOf } from './batches.testkit.ts';

/** Each batch's position, and how many had been asked for while it was in hand. */
async function handled(sizes: readonly number[], failure?: Error) {
  const { feed, batches } = batchesOf(sizes, failure);
  const seen: [position: string, asked: number][] = [];
  const reading = (async () => {
    for await (const { position } of readAhead(batches, { behindAt: 5 })) seen.push([position, feed.asked]);
  })();
  return { seen, reading };
}

describe('reading ahead', () => {
  it('asks for the next batch while a full one is in hand, and not while a small one is', async () => {
    const { seen, reading } = await handled([10, 9, 2, 1]);
    await reading;
    expect(seen).toEqual([
      ['1', 2],
      ['2', 3],
      ['3', 3],
      ['4', 4],
    ]);
  });

  it('meets a failure of the feed after the batch before it', async () => {
    const { seen, reading } = await handled([10], new Error('the store is gone'));
    await expect(reading).rejects.toThrow('the store is gone');
    expect(seen.map(([position]) => position)).toEqual(['1']);
  });

  it('ends the feed when its reader stops', async () => {
    const { feed, batches } = batchesOf([10, 10, 10]);
    for await (const batch of readAhead(batches, { behindAt: 5 })) if (batch.position === '1') break;
    expect(feed).toEqual({ asked: 2, ended: true });
  });
});

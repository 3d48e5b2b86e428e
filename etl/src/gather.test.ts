import type { FollowedBatch } from '@recado/event-store/ports';
import { describe, expect, it } from 'vitest';
import { batchesOf } from './batches.testkit.ts';
import { gather } from './gather.ts';

const join = (batches: readonly FollowedBatch[]): FollowedBatch => ({
  commits: batches.flatMap(({ commits }) => commits),
  position: batches.map(({ position }) => position).join('+'),
});
const options = { fullAt: 10, enough: 30, waitMs: 60_000, join };
const positions = async (batches: AsyncIterable<FollowedBatch>, into: string[] = []) => {
  for await (const { position } of batches) into.push(position);
  return into;
};

describe('gathering', () => {
  it('joins full batches until there are enough', async () => {
    const { batches } = batchesOf([10, 10, 10, 10, 10, 10, 10]);
    expect(await positions(gather(batches, options))).toEqual(['1+2+3', '4+5+6', '7']);
  });

  it('takes a batch that is not full as the last: nothing waits for more', async () => {
    const { batches } = batchesOf([10, 3, 2, 10, 1]);
    expect(await positions(gather(batches, options))).toEqual(['1+2', '3', '4+5']);
  });

  it('keeps every commit, in order', async () => {
    const ids: string[] = [];
    for await (const { commits } of gather(batchesOf([10, 2]).batches, options)) {
      ids.push(...commits.map(({ _id }) => _id));
    }
    expect(ids).toEqual('1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 2.0 2.1'.split(' '));
  });

  it('gives on what it has when the next batch keeps it waiting, and that one later', async () => {
    const more = Promise.withResolvers<void>();
    const { batches } = batchesOf([10, 10], more.promise);
    const gathered = gather(batches, { ...options, waitMs: 1 });
    expect((await gathered.next()).value).toMatchObject({ position: '1+2' });
    more.resolve();
    expect(await gathered.next()).toEqual({ done: true, value: undefined });
  });

  it('meets a failure of the feed after what was gathered before it', async () => {
    const { batches } = batchesOf([10, 10], new Error('the store is gone'));
    const seen: string[] = [];
    await expect(positions(gather(batches, options), seen)).rejects.toThrow('the store is gone');
    expect(seen).toEqual(['1+2']);
  });

  it('ends the feed when its reader stops', async () => {
    const { feed, batches } = batchesOf([10, 10, 10, 10]);
    for await (const { position } of gather(batches, options)) if (position === '1+2+3') break;
    expect(feed).toEqual({ asked: 3, ended: true });
  });
});

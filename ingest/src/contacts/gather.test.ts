import { expect, test } from 'vitest';
import { gather } from './gather.ts';

test('what comes while a request is under way goes together in the next, and everyone gets their own answers', async () => {
  const requests: number[][] = [];
  const ask = gather(async (items: number[]) => {
    requests.push(items);
    await Promise.resolve();
    return items.map((item) => item * 10);
  });
  const answers = await Promise.all([ask([1]), ask([2, 3]), ask([]), ask([4])]);
  expect(answers).toEqual([[10], [20, 30], [], [40]]);
  expect(requests).toEqual([[1], [2, 3, 4]]);
  expect(await ask([5])).toEqual([50]);
});

test('a request that fails fails for those in it, not for those after', async () => {
  let calls = 0;
  const ask = gather(async (items: number[]) => {
    if (++calls === 1) throw new Error('away');
    return items;
  });
  const first = ask([1]);
  const second = ask([2]);
  await expect(first).rejects.toThrow('away');
  expect(await second).toEqual([2]);
});

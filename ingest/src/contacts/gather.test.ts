import { expect, test } from 'vitest';
import { gather } from './gather.ts';

/** Until what was asked for has gone out. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('what comes in one turn, or while a request is under way, goes together, and everyone gets their own answers', async () => {
  const requests: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const ask = gather(async (items: number[]) => {
    requests.push(items);
    await gate.promise;
    return items.map((item) => item * 10);
  });
  const first = [ask([1]), ask([2])];
  await nextTurn();
  const next = [ask([3, 4]), ask([])];
  await nextTurn();
  next.push(ask([5]));
  gate.resolve();
  expect(await Promise.all([...first, ...next])).toEqual([[10], [20], [30, 40], [], [50]]);
  expect(requests).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  expect(await ask([6])).toEqual([60]);
});

test('a request that fails fails for those in it, not for those after', async () => {
  let calls = 0;
  const ask = gather(async (items: number[]) => {
    if (++calls === 1) throw new Error('away');
    return items;
  });
  const first = ask([1]);
  const failed = expect(first).rejects.toThrow('away');
  await nextTurn();
  const second = ask([2]);
  await failed;
  expect(await second).toEqual([2]);
});

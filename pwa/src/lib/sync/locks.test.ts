import { describe, expect, it } from 'vitest';
import { createLocks } from './locks.ts';

const locks = createLocks(navigator.locks);
let names = 0;
const newName = () => `locks-${process.pid}-${names++}`;

describe('locks between tabs', () => {
  it('work alone waits until everybody who shares the name has let go', async () => {
    const name = newName();
    const [one, other] = [await locks.share(name), await locks.share(name)];
    const order: string[] = [];
    const work = locks.alone(name, () => Promise.resolve(order.push('work')));
    for (const letGo of [one, other]) {
      order.push('let go');
      letGo();
    }
    await work;
    expect(order).toEqual(['let go', 'let go', 'work']);
  });

  it('work alone is one after the other, and its fault is told', async () => {
    const name = newName();
    let inside = 0;
    const work = async () => {
      expect((inside += 1)).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    };
    await Promise.all([locks.alone(name, work), locks.alone(name, work), locks.alone(name, work)]);
    await expect(locks.alone(name, () => Promise.reject(new Error('fault')))).rejects.toThrow('fault');
  });

  it('past its patience work begins beside a tab that cannot let go', async () => {
    const name = newName();
    const letGo = await locks.share(name);
    expect(await locks.alone(name, () => Promise.resolve('done'), { patience: 10 })).toBe('done');
    letGo();
  });

  it('work that is no longer wanted is not begun', async () => {
    const name = newName();
    const letGo = await locks.share(name);
    const ended = new AbortController();
    let begun = false;
    const work = locks.alone(name, () => Promise.resolve((begun = true)), { signal: ended.signal });
    ended.abort();
    await expect(work).rejects.toThrow();
    letGo();
    expect(begun).toBe(false);
  });

  it('a browser without them does the work all the same', async () => {
    const none = createLocks(undefined);
    (await none.share('a'))();
    expect(await none.alone('a', () => Promise.resolve(1))).toBe(1);
  });
});

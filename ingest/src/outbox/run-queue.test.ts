import { expect, test, vi } from 'vitest';
import { createRunQueue } from './run-queue.ts';

/** Runs that end when they are told to. */
function gated(concurrency: number) {
  const begun: string[] = [];
  const gates = new Map<string, (restMs: number) => void>();
  const queue = createRunQueue({
    concurrency,
    run(id) {
      begun.push(id);
      return new Promise((resolve) => gates.set(id, resolve));
    },
  });
  const end = async (id: string, restMs = 0): Promise<void> => {
    gates.get(id)?.(restMs);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, begun, end };
}

test('no more than so many run at once, first come first served', async () => {
  const { queue, begun, end } = gated(2);
  for (const id of ['a', 'b', 'c', 'd']) queue.add(id);
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('an id never runs twice at once; added while it runs, it runs once more', async () => {
  const { queue, begun, end } = gated(5);
  queue.add('a');
  queue.add('a');
  queue.add('a');
  expect(begun).toEqual(['a']);
  await end('a');
  expect(begun).toEqual(['a', 'a']);
  await end('a');
  expect(begun).toEqual(['a', 'a']);
});

test('it is idle when nothing runs and nothing waits, and what was cleared does not run', async () => {
  const { queue, begun, end } = gated(1);
  await queue.idle();
  queue.add('a');
  queue.add('b');
  let idle = false;
  const waiting = queue.idle().then(() => (idle = true));
  queue.clear();
  expect(idle).toBe(false);
  await end('a');
  await waiting;
  expect(begun).toEqual(['a']);
});

test('while it rests nothing begins; then the one that asked for it goes first', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { queue, begun, end } = gated(2);
    for (const id of ['a', 'b', 'c', 'd']) queue.add(id);
    await end('a', 1_000);
    queue.add('e');
    await end('b');
    expect(begun).toEqual(['a', 'b']);
    await queue.idle();
    vi.advanceTimersByTime(999);
    expect(begun).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect(begun).toEqual(['a', 'b', 'a', 'c']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'a', 'c', 'd']);
  } finally {
    vi.useRealTimers();
  }
});

test('several that ask for a rest at once are all tried again, and a rest that was cleared is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { queue, begun, end } = gated(2);
    for (const id of ['a', 'b']) queue.add(id);
    await end('a', 1_000);
    await end('b', 1_000);
    vi.advanceTimersByTime(1_000);
    expect(begun.toSorted()).toEqual(['a', 'a', 'b', 'b']);
    await end('a', 1_000);
    queue.clear();
    queue.add('c');
    expect(begun.at(-1)).toBe('c');
  } finally {
    vi.useRealTimers();
  }
});

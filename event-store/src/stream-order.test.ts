import { emptyHead, type Head, seal } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { describe, expect, test } from 'vitest';
import { createStreamOrder } from './stream-order.ts';

function chain(stream: string, count: number): Commit[] {
  const commits: Commit[] = [];
  let head: Head = emptyHead;
  for (let version = 1; version <= count; version++) {
    const events = [{ type: 'NoteTaken', data: {} }];
    const at = '2026-11-20T14:03:00.000Z';
    const commit = seal({
      stream,
      head,
      at,
      actor: { kind: 'system', id: 'x' },
      cause: { event: 'x' },
      events,
    });
    commits.push(commit);
    head = commit;
  }
  return commits;
}

/** The versions handed on when the feed brings `arriving`. */
async function handedOn(
  arriving: number[],
  options: { fromStart: boolean; stored?: number },
): Promise<number[]> {
  const stored = chain('contact.a', options.stored ?? Math.max(...arriving));
  const inOrder = createStreamOrder({
    fromStart: options.fromStart,
    read: async (_stream, after) => stored.filter((commit) => commit.version > after),
  });
  const out: number[] = [];
  for (const version of arriving) {
    const commit = stored[version - 1];
    if (commit) out.push(...(await inOrder(commit)).map((given) => given.version));
  }
  return out;
}

describe('the order of a stream', () => {
  test('is left alone when the feed keeps it', async () => {
    expect(await handedOn([1, 2, 3], { fromStart: true })).toEqual([1, 2, 3]);
    expect(await handedOn([4, 5, 6], { fromStart: false })).toEqual([4, 5, 6]);
  });

  test('is mended by reading what the feed brings too late, which is then not given again', async () => {
    expect(await handedOn([1, 4, 2, 3, 5], { fromStart: true })).toEqual([1, 2, 3, 4, 5]);
    expect(await handedOn([7, 9, 8, 10], { fromStart: false })).toEqual([7, 8, 9, 10]);
  });

  test('begins with the first commit when the feed begins at the beginning', async () => {
    expect(await handedOn([3, 1, 2], { fromStart: true })).toEqual([1, 2, 3]);
  });

  test('drops what the feed repeats', async () => {
    expect(await handedOn([1, 2, 1, 2, 3, 3], { fromStart: true })).toEqual([1, 2, 3]);
  });

  test('loses nothing that comes late after a resume: it is given in order again', async () => {
    expect(await handedOn([7, 8, 6, 9], { fromStart: false })).toEqual([7, 8, 6, 7, 8, 9]);
  });

  test('of any shuffled feed ends complete and in order', async () => {
    for (const arriving of permutations([1, 2, 3, 4])) {
      expect(await handedOn(arriving, { fromStart: true, stored: 4 })).toEqual([1, 2, 3, 4]);
      const resumed = await handedOn(arriving, { fromStart: false, stored: 4 });
      expect(resumed.slice(-4)).toEqual([1, 2, 3, 4]);
    }
  });

  test('holds when more streams come by than are remembered', async () => {
    const streams = Array.from({ length: 20 }, (_, n) => chain(`contact.c${n}`, 3));
    const inOrder = createStreamOrder({
      fromStart: true,
      remembered: 5,
      read: async (stream, after) =>
        streams.flat().filter((commit) => commit.stream === stream && commit.version > after),
    });
    const out: string[] = [];
    for (const version of [0, 1, 2]) {
      for (const commits of streams) {
        const commit = commits[version];
        if (commit) out.push(...(await inOrder(commit)).map((given) => given._id));
      }
    }
    for (const commits of streams) {
      const ids = commits.map((commit) => commit._id);
      expect(out.filter((id) => ids.includes(id))).toEqual(ids);
    }
  });
});

function permutations(items: number[]): number[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

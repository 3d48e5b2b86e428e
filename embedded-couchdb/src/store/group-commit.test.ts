import { describe, expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

describe('group commit', () => {
  function recorded(options: { maxItems: number; fails?: (items: number[]) => boolean }) {
    const commits: number[][] = [];
    const submit = createGroupCommit<number, string>({
      maxItems: options.maxItems,
      async commit(items) {
        await Promise.resolve();
        if (options.fails?.(items)) throw new Error(`cannot write ${items.join()}`);
        commits.push(items);
        return items.map((item) => `row ${item}`);
      },
    });
    return { commits, submit };
  }

  it('takes all who came while a commit was under way into the next', async () => {
    const { commits, submit } = recorded({ maxItems: 10 });
    const rows = await Promise.all([submit([1]), submit([2, 3]), submit([4])]);
    expect(rows).toEqual([['row 1'], ['row 2', 'row 3'], ['row 4']]);
    expect(commits).toEqual([[1], [2, 3, 4]]);
  });

  it('never splits a request, and bounds a group', async () => {
    const { commits, submit } = recorded({ maxItems: 3 });
    await Promise.all([submit([1]), submit([2, 3]), submit([4, 5]), submit([6, 7, 8, 9])]);
    expect(commits).toEqual([[1], [2, 3], [4, 5], [6, 7, 8, 9]]);
  });

  it('lets one request fail without the others', async () => {
    const { commits, submit } = recorded({ maxItems: 10, fails: (items) => items.includes(3) });
    const outcomes = await Promise.allSettled([submit([1]), submit([2]), submit([3]), submit([4])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(commits).toEqual([[1], [2], [4]]);
    expect(await submit([5])).toEqual(['row 5']);
  });
});

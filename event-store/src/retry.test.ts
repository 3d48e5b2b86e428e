import { describe, expect, test } from 'vitest';
import { backoffMs, retry } from './retry.ts';

const fast = { baseMs: 1, maxMs: 2 };

describe('retry', () => {
  test('calls again until the work succeeds, and tells of each fault', async () => {
    const faults: [string, number][] = [];
    const onFault = (error: unknown, attempt: number) => faults.push([(error as Error).message, attempt]);
    const work = async (attempt: number) => {
      if (attempt < 3) throw new Error(`fault ${attempt}`);
      return attempt;
    };
    expect(await retry(work, { ...fast, onFault })).toBe(3);
    expect(faults).toEqual([
      ['fault 1', 1],
      ['fault 2', 2],
    ]);
  });

  test('throws the last error after the attempts it was given', async () => {
    const work = (attempt: number) => Promise.reject(new Error(`fault ${attempt}`));
    await expect(retry(work, { ...fast, attempts: 3 })).rejects.toThrow('fault 3');
  });

  test('throws at once what is no fault', async () => {
    let calls = 0;
    const work = () => {
      calls++;
      return Promise.reject(new TypeError('a defect'));
    };
    const isFault = (error: unknown) => !(error instanceof TypeError);
    await expect(retry(work, { ...fast, isFault })).rejects.toThrow('a defect');
    expect(calls).toBe(1);
  });

  test('ends in the midst of a wait when it is aborted', async () => {
    const controller = new AbortController();
    const onFault = () => controller.abort(new Error('stop'));
    const retried = retry(() => Promise.reject(new Error('fault')), {
      baseMs: 60_000,
      maxMs: 60_000,
      signal: controller.signal,
      onFault,
    });
    await expect(retried).rejects.toThrow('stop');
  });
});

describe('the back-off', () => {
  test('doubles up to its limit, and is spread over its upper half', () => {
    const longest = [1, 2, 3, 4, 5, 60].map((attempt) =>
      backoffMs(attempt, { baseMs: 100, maxMs: 1_000, random: () => 1 }),
    );
    const shortest = [1, 2, 3, 4, 5, 60].map((attempt) =>
      backoffMs(attempt, { baseMs: 100, maxMs: 1_000, random: () => 0 }),
    );
    expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(shortest).toEqual([50, 100, 200, 400, 500, 500]);
  });
});

import { expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

it('a turnstile lets many pass together or one alone, in the order they came', async () => {
  const { together, alone } = createTurnstile();
  const log: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    log.push(`${name} in`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} out`);
  };
  await Promise.all([
    together(work('a')),
    together(work('b')),
    alone(work('ONE')),
    together(work('c')),
    alone(work('TWO')),
  ]);
  expect(log).toEqual([
    'a in',
    'b in',
    'a out',
    'b out',
    'ONE in',
    'ONE out',
    'c in',
    'c out',
    'TWO in',
    'TWO out',
  ]);

  const failed = alone(() => Promise.reject(new Error('inside')));
  await expect(failed).rejects.toThrow('inside');
  expect(await together(() => Promise.resolve('goes on'))).toBe('goes on');
});

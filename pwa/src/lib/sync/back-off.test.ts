import { describe, expect, it } from 'vitest';
import { backOff } from './back-off.ts';

describe('waiting before the next attempt', () => {
  it('is nothing while all is well', () => expect(backOff(0, () => 1)).toBe(0));
  it('doubles with every failure and ends at half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((failures) => backOff(failures, () => 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });
  it('spreads devices over the upper half', () => {
    expect(backOff(3, () => 0)).toBe(2_000);
    expect(backOff(3, () => 0.5)).toBe(3_000);
  });
});

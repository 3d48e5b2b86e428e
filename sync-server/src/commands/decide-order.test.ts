import { describe, expect, test } from 'vitest';
import { byTarget, isNext } from './decide-order.ts';

const command = (deviceId: string, n: number, target = 'a', after: number | null = null) => ({
  id: `cmd.${deviceId}.${n}`,
  deviceId,
  n,
  after,
  target,
});

describe('the order of commands', () => {
  test('is n within a device and a conversation, whatever the order of arrival', () => {
    const groups = byTarget([command('x', 3), command('x', 1), command('x', 2, 'b'), command('y', 1)]);
    expect(groups.map((group) => group.map(({ id }) => id))).toEqual([
      ['cmd.x.1', 'cmd.x.3', 'cmd.y.1'],
      ['cmd.x.2'],
    ]);
  });

  test('lets a command go when the one before it is settled', () => {
    expect(isNext(command('x', 1), () => false)).toBe(true);
    expect(isNext(command('x', 2, 'a', 1), () => false)).toBe(false);
    expect(isNext(command('x', 2, 'a', 1), (device, n) => device === 'x' && n === 1)).toBe(true);
  });
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { Timer, Timers } from './ports.ts';

const at = (minute: number): string => `2026-11-20T14:${String(minute).padStart(2, '0')}:00.000Z`;

/** What every store of timers must do. `open` gives an empty one. */
export function timersContract(name: string, open: () => Promise<Timers>): void {
  describe(`timers ${name}`, () => {
    let timers: Timers;
    beforeEach(async () => {
      timers = await open();
    });
    const keysDue = async (minute: number, limit?: number): Promise<string[]> =>
      (await timers.due(at(minute), limit)).map((timer) => timer.key);
    const setAll = (...all: [key: string, minute: number][]): Promise<unknown> =>
      Promise.all(all.map(([key, minute]) => timers.set({ key, due: at(minute), data: { key } })));

    test('are due from their minute on, oldest first', async () => {
      await setAll(['c', 30], ['a', 10], ['b', 20]);
      expect(await keysDue(9)).toEqual([]);
      expect(await keysDue(10)).toEqual(['a']);
      expect(await keysDue(25)).toEqual(['a', 'b']);
      expect(await keysDue(59)).toEqual(['a', 'b', 'c']);
      expect(await keysDue(59, 2)).toEqual(['a', 'b']);
      expect(await timers.due(at(10))).toMatchObject([{ key: 'a', due: at(10), data: { key: 'a' } }]);
    });

    test('that are due at the same time are all found, whatever their keys', async () => {
      const keys = ['A', 'a', 'return:conversation.n.c.000001', 'zz', '~', 'ñ', '1'];
      await setAll(...keys.map((key): [string, number] => [key, 10]));
      expect((await keysDue(10)).sort()).toEqual([...keys].sort());
    });

    test('set again move, later and earlier', async () => {
      await setAll(['a', 10]);
      await setAll(['a', 40]);
      expect(await keysDue(30)).toEqual([]);
      await setAll(['a', 20]);
      expect(await keysDue(30)).toEqual(['a']);
      expect(await keysDue(59)).toEqual(['a']);
    });

    test('set again for the same time keep the newest content', async () => {
      await setAll(['a', 10]);
      await timers.set({ key: 'a', due: at(10), data: { n: 2 } });
      expect(await timers.due(at(10))).toMatchObject([{ key: 'a', data: { n: 2 } }]);
    });

    test('are forgotten when they are cancelled or done', async () => {
      await setAll(['a', 10], ['b', 10], ['c', 10]);
      await timers.cancel('a');
      await timers.cancel('unknown');
      const [b] = await timers.due(at(10));
      await timers.done(b as Timer);
      await timers.done(b as Timer);
      expect(await keysDue(59)).toEqual(['c']);
    });

    test('that were set anew while they were handled are not forgotten', async () => {
      await setAll(['later', 10], ['same', 10]);
      const handled = await timers.due(at(10));
      await setAll(['later', 20], ['same', 10]);
      for (const timer of handled) await timers.done(timer);
      expect((await keysDue(59)).sort()).toEqual(['later', 'same']);
    });

    test('can be set again after they are gone', async () => {
      await setAll(['a', 10]);
      await timers.cancel('a');
      await setAll(['a', 10]);
      const [timer] = await timers.due(at(10));
      await timers.done(timer as Timer);
      await setAll(['a', 10]);
      expect(await keysDue(10)).toEqual(['a']);
    });

    test('set by many at once end as one of them', async () => {
      await Promise.all(
        [11, 12, 13, 14, 15].map((minute) => timers.set({ key: 'a', due: at(minute), data: { minute } })),
      );
      const due = await timers.due(at(59));
      expect(due).toHaveLength(1);
      expect(due[0]?.due).toBe(at(Number(due[0]?.data['minute'])));
    });
  });
}

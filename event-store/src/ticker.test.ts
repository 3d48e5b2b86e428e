import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Timer, Timers } from './ports.ts';
import { createTicker, type TickerDeps } from './ticker.ts';
import { createMemoryTimers } from './timers.ts';

const patiently = { timeout: 10_000 };

let timers: Timers;
let now: number;
beforeEach(() => {
  timers = createMemoryTimers();
  now = Date.parse('2026-11-20T14:00:00.000Z');
});

const at = (minute: number): string => `2026-11-20T14:${String(minute).padStart(2, '0')}:00.000Z`;
const set = (key: string, minute: number): Promise<void> => timers.set({ key, due: at(minute), data: {} });
const passTo = (minute: number): void => {
  now = Date.parse(at(minute));
};

function start(options: Partial<TickerDeps> = {}) {
  const handled: string[] = [];
  const ticker = createTicker({
    timers,
    clock: () => now,
    everyMs: 60_000,
    handle: async ({ key }: Timer) => void handled.push(key),
    ...options,
  });
  onTestFinished(() => ticker.stop());
  return { ticker, handled };
}

describe('a ticker', () => {
  test('handles what is due, oldest first, once', async () => {
    const { ticker, handled } = start();
    await set('b', 20);
    await set('a', 10);
    await set('c', 30);
    passTo(20);
    await ticker.tick();
    await ticker.tick();
    expect(handled).toEqual(['a', 'b']);
    passTo(30);
    await ticker.tick();
    expect(handled).toEqual(['a', 'b', 'c']);
  });

  test('looks by itself, at once and again and again', async () => {
    await set('a', 0);
    const { handled } = start({ everyMs: 5 });
    await expect.poll(() => handled, patiently).toEqual(['a']);
    await set('b', 0);
    await expect.poll(() => handled, patiently).toEqual(['a', 'b']);
  });

  test('tries a timer again at the next look when handling it failed', async () => {
    await set('a', 0);
    const errors: unknown[] = [];
    let attempts = 0;
    const { ticker } = start({
      handle: async () => {
        if (++attempts < 3) throw new Error('not now');
      },
      onError: (error, timer) => errors.push([(error as Error).message, timer?.key]),
    });
    for (let look = 0; look < 5; look++) await ticker.tick();
    expect(attempts).toBe(3);
    expect(errors).toEqual([
      ['not now', 'a'],
      ['not now', 'a'],
    ]);
  });

  test('lets timers that fail keep nobody behind them waiting', async () => {
    for (let n = 0; n < 5; n++) await set(`bad${n}`, 1);
    for (let n = 0; n < 5; n++) await set(`good${n}`, 2);
    passTo(3);
    const handled: string[] = [];
    const { ticker } = start({
      limit: 2,
      handle: async ({ key }) => {
        if (key.startsWith('bad')) throw new Error('never');
        handled.push(key);
      },
    });
    await ticker.tick();
    expect(handled).toEqual(['good0', 'good1', 'good2', 'good3', 'good4']);
  });

  test('keeps a timer that its handling has set anew', async () => {
    await set('a', 0);
    const { ticker } = start({ handle: ({ key }) => set(key, 10) });
    await ticker.tick();
    expect((await timers.due(at(59))).map((timer) => timer.due)).toEqual([at(10)]);
  });

  test('reports a store that does not answer, and looks again', async () => {
    let down = true;
    const errors: unknown[] = [];
    const flaky: Timers = {
      ...timers,
      due: (...given) => (down ? Promise.reject(new Error('down')) : timers.due(...given)),
    };
    await set('a', 0);
    const { ticker, handled } = start({
      timers: flaky,
      onError: (error, timer) => errors.push([(error as Error).message, timer]),
    });
    await ticker.tick();
    expect(errors).toEqual([['down', null]]);
    down = false;
    await ticker.tick();
    expect(handled).toEqual(['a']);
  });

  test('finishes the timer in hand before it has stopped, and begins no other', async () => {
    await set('a', 0);
    await set('b', 0);
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const keys: string[] = [];
    const { ticker } = start({
      handle: async ({ key }) => {
        begun.resolve();
        await mayEnd.promise;
        keys.push(key);
      },
    });
    await begun.promise;
    const stopped = ticker.stop();
    mayEnd.resolve();
    await stopped;
    expect(keys).toEqual(['a']);
  });
});

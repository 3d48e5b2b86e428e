import { expect, test } from 'vitest';
import { createManualClock } from '../clock.ts';
import { createRandom } from '../random.ts';
import type { PhoneEvent } from '../phone/phones.ts';
import { createLoad, type LoadOptions } from './load.ts';

const minute = 60_000;

/** A load against a business that answers each message after two seconds. */
const run = (seed: number, options: Partial<LoadOptions> = {}, answers = true) => {
  const clock = createManualClock();
  const written: { at: number; phone: string; text: string }[] = [];
  const listeners = new Set<(event: PhoneEvent) => void>();
  const load = createLoad({
    ratePerSecond: 2,
    customers: 30,
    random: createRandom(seed),
    clock,
    ...options,
    simulator: {
      setCustomer: () => undefined,
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      write: (phone, { text = '' }) => {
        written.push({ at: clock.now(), phone, text });
        const reply = {
          id: `r${written.length}`,
          phoneNumberId: '1',
          customer: phone,
          direction: 'in' as const,
          at: '',
          kind: 'text',
          status: 'accepted' as const,
        };
        if (answers)
          clock.after(2000, () =>
            listeners.forEach((listener) => listener({ type: 'message', message: reply })),
          );
      },
    },
  });
  load.start();
  clock.advance(5 * minute);
  load.stop();
  const stats = load.stats();
  clock.advance(minute);
  return { written, stats, after: load.stats(), listeners: listeners.size };
};

test('the same seed writes the same messages at the same times; another seed does not', () => {
  expect(run(42).written).toEqual(run(42).written);
  expect(run(42).written).not.toEqual(run(43).written);
});

test('the rate is kept, whether or not anybody answers', () => {
  for (const answers of [true, false]) {
    const { stats } = run(1, {}, answers);
    expect(stats.written).toBeGreaterThan(2 * 300 * 0.85);
    expect(stats.written).toBeLessThan(2 * 300 * 1.15);
  }
});

test('customers answer what they are told, and the asked share leaves', () => {
  const { stats } = run(3, { shareWhoLeave: 0.25, customers: 200 });
  expect(stats.opened).toBeGreaterThan(80);
  expect(stats.written).toBeGreaterThan(stats.opened * 1.5);
  expect(stats.left / stats.opened).toBeGreaterThan(0.12);
  expect(stats.left / stats.opened).toBeLessThan(0.4);
  expect(run(3, { shareWhoLeave: 0 }).stats.left).toBe(0);
});

test('a load that was stopped is silent', () => {
  const { stats, after, listeners } = run(5);
  expect(after.written).toBe(stats.written);
  expect(listeners).toBe(0);
});

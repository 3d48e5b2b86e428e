import type { Attempt } from '@recado/domain/conversation/state';
import { ms } from '@recado/domain/time';
import { expect, test } from 'vitest';
import { verdictOf } from './send-result.ts';

const now = '2026-11-20T14:00:00.000Z';
const deferred = (code: string): Attempt => ({ attemptId: 'a', outcome: 'deferred', at: now, code });
const claimed: Attempt = { attemptId: 'b', outcome: 'claimed', at: now };
const refused = (code: number, earlier: Attempt[] = [], random = 0) =>
  verdictOf(
    { kind: 'refused', status: 400, code },
    { attempts: [...earlier, claimed], now, maxAttempts: 4, random: () => random },
  );
const waitOf = ({ result }: ReturnType<typeof refused>): number | null =>
  result.kind === 'deferred' ? ms(result.retryAt) - ms(now) : null;

test('a passing error waits longer each time, spread, and is given up in the end', () => {
  expect(waitOf(refused(131000))).toBe(1_000);
  expect(waitOf(refused(131000, [], 0.999))).toBeGreaterThan(1_900);
  expect(waitOf(refused(131000, [deferred('131000')]))).toBe(2_000);
  expect(waitOf(refused(131000, [deferred('131000'), deferred('131000')]))).toBe(4_000);
  const last = refused(131000, [deferred('131000'), deferred('131000'), deferred('131000')]);
  expect(last.result).toMatchObject({ kind: 'failed', code: '131000' });
});

test('too much to one recipient waits 4, 16, 64 seconds, never less', () => {
  const waits = [0, 1, 2].map((times) =>
    waitOf(
      refused(
        131056,
        Array.from({ length: times }, () => deferred('131056')),
        0,
      ),
    ),
  );
  expect(waits).toEqual([4_000, 16_000, 64_000]);
  expect(waitOf(refused(131056, [], 0.99))).toBeGreaterThanOrEqual(4_000);
});

test('a file that did not get through has one more attempt', () => {
  expect(refused(131053).result.kind).toBe('deferred');
  expect(refused(131053, [deferred('131053')]).result).toMatchObject({ kind: 'failed', code: '131053' });
});

test.each([368, 130497, 190, 131042])(
  '%i holds the number, and the message waits without having lost an attempt',
  (code) => {
    const many = Array.from({ length: 9 }, () => deferred(String(code)));
    expect(waitOf(refused(code, many))).toBe(0);
    expect(refused(131000, many).result.kind).toBe('deferred');
  },
);

test.each([131047, 131026, 100, 132001])('%i fails at once', (code) => {
  expect(refused(code).result).toMatchObject({ kind: 'failed', code: String(code) });
});

test('an answer without a code is named by its HTTP status', () => {
  const context = { attempts: [claimed], now, maxAttempts: 4, random: () => 0 };
  expect(verdictOf({ kind: 'refused', status: 502, code: null }, context).result).toMatchObject({
    kind: 'deferred',
    code: 'http_502',
  });
  expect(verdictOf({ kind: 'refused', status: 404, code: null }, context).result).toMatchObject({
    kind: 'failed',
    code: 'http_404',
  });
});

test('what did not leave is tried again however often, at most a minute apart', () => {
  const many = Array.from({ length: 50 }, () => deferred('unreachable'));
  const context = { attempts: [...many, claimed], now, maxAttempts: 4, random: () => 0.999 };
  const { result } = verdictOf({ kind: 'unsent', reason: 'ECONNREFUSED' }, context);
  expect(result).toMatchObject({ kind: 'deferred', code: 'unreachable', detail: 'ECONNREFUSED' });
  expect(result.kind === 'deferred' && ms(result.retryAt) - ms(now)).toBeLessThanOrEqual(60_000);
});

test('no answer is uncertain', () => {
  const context = { attempts: [claimed], now, maxAttempts: 4, random: () => 0 };
  expect(verdictOf({ kind: 'unanswered', reason: 'timeout' }, context).result).toEqual({
    kind: 'uncertain',
    reason: 'timeout',
  });
});

import { describe, expect, it } from 'vitest';
import { rejectionCodes } from '@recado/domain/outcome';
import { shownDelivery } from '@recado/domain/wire/documents';
import { agentStatuses } from '@recado/domain/agent/agent';
import { agentStatuses as shownStatuses } from '../session/statuses.ts';
import { ApiError } from '../app/api.ts';
import { en } from './en.ts';
import { es, type Dictionary } from './es.ts';
import { createFormat } from './format.ts';
import { problemText } from './problem-text.ts';
import { ptBR } from './pt-br.ts';

/** Every code of the server's problem documents. */
const problemCodes =
  'invalid_request invalid_json unauthenticated wrong_credentials forbidden cross_origin not_found method_not_allowed epoch_changed too_large type_not_allowed range_not_satisfiable hash_mismatch too_many_attempts internal_error reports_unavailable store_unavailable'.split(
    ' ',
  );

const paths = (value: unknown, at = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => paths(inner, `${at}.${key}`))
    : [`${at}:${typeof value}`];

describe.each([
  ['es', es],
  ['pt-BR', ptBR],
  ['en', en],
] satisfies Array<[string, Dictionary]>)('%s', (locale, t) => {
  it('says everything the others say', () => expect(paths(t).sort()).toEqual(paths(es).sort()));
  it('has words for every refusal, problem, delivery and status', () => {
    for (const code of rejectionCodes) expect(t.review.reasons[code], code).toBeTruthy();
    for (const state of shownDelivery) expect(t.delivery[state], state).toBeTruthy();
    for (const status of agentStatuses) expect(t.status[status], status).toBeTruthy();
    for (const code of problemCodes) {
      const text = problemText(new ApiError(400, code), t, createFormat(locale));
      expect(text, code).toBeTruthy();
      expect(text, code).not.toContain(code);
    }
  });
  it('tells how long to wait where the server said so, and shows a code it does not know', () => {
    const format = createFormat(locale);
    expect(problemText(new ApiError(429, 'too_many_attempts', 90), t, format)).toContain(
      format.duration(90_000),
    );
    expect(problemText(new ApiError(418, 'teapot'), t, format)).toContain('teapot');
  });
});

it('lists the statuses of the domain', () =>
  expect([...shownStatuses].sort()).toEqual([...agentStatuses].sort()));

describe('formats', () => {
  const format = createFormat('es', 'America/Bogota');
  it('shows durations in the units that matter', () => {
    expect([45_000, 12 * 60_000, 3 * 3_600_000 + 5 * 60_000, 50 * 3_600_000].map(format.duration)).toEqual([
      '45 s',
      '12 min',
      '3 h 5 min',
      '2 d',
    ]);
    expect([null, 45_000, 95_000].map((ms) => format.exactDuration(ms))).toEqual(['—', '45 s', '1 min 35 s']);
  });
  it('counts days where the person is', () =>
    expect(format.dayKey('2026-01-02T03:00:00.000Z')).toBe('2026-01-01'));
  it('shows the time today and the day otherwise', () => {
    const now = Date.parse('2026-01-02T15:00:00.000Z');
    expect(format.short('2026-01-02T14:05:00.000Z', now)).toBe('09:05');
    expect(format.short('2025-12-30T14:05:00.000Z', now)).toContain('30');
  });
});

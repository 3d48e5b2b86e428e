import { describe, expect, it } from 'vitest';
import type { ConvDoc } from '@recado/domain/wire/documents';
import { urgenciesOf } from './urgency.ts';

const now = Date.parse('2026-01-01T12:00:00.000Z');
const inMinutes = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
const conv = (over: Partial<ConvDoc>): ConvDoc =>
  ({
    phase: 'assigned',
    slaDueAt: null,
    waitingSince: null,
    windowUntil: inMinutes(20 * 60),
    ...over,
  }) as ConvDoc;
const seen = (over: Partial<ConvDoc>) =>
  urgenciesOf(conv(over), now).map(({ kind, tone }) => `${kind} ${tone}`);

describe('what a row warns of', () => {
  it('is nothing when nobody waits', () => expect(seen({})).toEqual([]));
  it('is the answer that is due, and then overdue', () => {
    expect(seen({ slaDueAt: inMinutes(5), waitingSince: inMinutes(-1) })).toEqual(['due calm']);
    expect(seen({ slaDueAt: inMinutes(1) })).toEqual(['due warn']);
    expect(seen({ slaDueAt: inMinutes(-1) })).toEqual(['overdue bad']);
  });
  it('is how long the customer has waited after the first answer', () => {
    expect(seen({ waitingSince: inMinutes(-3) })).toEqual(['waiting calm']);
    expect(seen({ waitingSince: inMinutes(-11) })).toEqual(['waiting warn']);
  });
  it('is the window in its last hours', () => {
    expect(seen({ windowUntil: inMinutes(60) })).toEqual(['window warn']);
    expect(seen({ windowUntil: inMinutes(-1) })).toEqual(['window_closed calm']);
    expect(seen({ windowUntil: null })).toEqual([]);
  });
  it('is nothing in a closed conversation', () => {
    expect(seen({ phase: 'closed', waitingSince: inMinutes(-60), windowUntil: inMinutes(-1) })).toEqual([]);
  });
});

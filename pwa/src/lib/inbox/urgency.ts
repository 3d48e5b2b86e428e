import type { ConvDoc } from '@recado/domain/wire/documents';

/** What a list row warns of, most pressing first. Pure: the time is an argument (server's clock, ms). */
export type Urgency =
  | { kind: 'overdue' | 'due' | 'waiting'; ms: number; tone: 'bad' | 'warn' | 'calm' }
  | { kind: 'window'; ms: number; tone: 'warn' | 'calm' }
  | { kind: 'window_closed'; ms: 0; tone: 'calm' };

const dueSoon = 2 * 60_000;
const waitsLong = 10 * 60_000;
const windowSoon = 4 * 3_600_000;

export function urgenciesOf(conv: ConvDoc, now: number): Urgency[] {
  if (conv.phase === 'closed') return [];
  const urgencies: Urgency[] = [];
  if (conv.slaDueAt) {
    const left = Date.parse(conv.slaDueAt) - now;
    urgencies.push(
      left < 0
        ? { kind: 'overdue', ms: -left, tone: 'bad' }
        : { kind: 'due', ms: left, tone: left < dueSoon ? 'warn' : 'calm' },
    );
  } else if (conv.waitingSince) {
    const ms = now - Date.parse(conv.waitingSince);
    urgencies.push({ kind: 'waiting', ms, tone: ms > waitsLong ? 'warn' : 'calm' });
  }
  const window = windowLeft(conv, now);
  if (window !== null && window <= 0) urgencies.push({ kind: 'window_closed', ms: 0, tone: 'calm' });
  else if (window !== null && window < windowSoon)
    urgencies.push({ kind: 'window', ms: window, tone: 'warn' });
  return urgencies;
}

/** ms until free text is no longer allowed; not positive: closed; null: this provider has no window. */
export const windowLeft = (conv: Pick<ConvDoc, 'windowUntil'>, now: number): number | null =>
  conv.windowUntil === null ? null : Date.parse(conv.windowUntil) - now;

import { elapsedMs } from '../time.ts';

/**
 * How time between two instants is counted. Folds keep instants, measures count them: so a queue's opening hours
 * need another calendar here and no other fold.
 */
export interface Calendar {
  /** Named in reports. */
  name: string;
  /** Milliseconds that count from `from` to `to`; never negative, whatever the clocks said. */
  elapsedMs(from: string, to: string): number;
}

/** Every second counts, day and night. */
export const calendarTime: Calendar = { name: 'calendar', elapsedMs };

/** Days in the report's time zone, `YYYY-MM-DD`, both inclusive. */
export interface Period {
  from: string;
  to: string;
}

const day = 86_400_000;

/** The last `days` days including today, as people in `timeZone` count them. */
export function lastDays(days: number, now: number, timeZone: string): Period {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone });
  return { from: format.format(now - (days - 1) * day), to: format.format(now) };
}

/** A date without a time zone of its own, for showing it: noon keeps it on its day everywhere. */
export const noonOf = (date: string): string => `${date}T12:00:00.000Z`;

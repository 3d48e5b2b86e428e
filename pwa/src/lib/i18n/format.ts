/** Dates, durations and numbers in the interface's language. Pure: the time is an argument. */
export type Format = ReturnType<typeof createFormat>;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function createFormat(locale: string, timeZone?: string) {
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  const dayMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone });
  const weekday = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone,
  });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const dayKey = new Intl.DateTimeFormat('en-CA', { timeZone });
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const bytes = (size: number, unit: string) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: 1,
    }).format(size);
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);

  return {
    time: (at: string | number) => time.format(new Date(at)),
    full: (at: string | number) => full.format(new Date(at)),
    number: (value: number) => number.format(value),
    percent: (share: number) => percent.format(share),
    /** Days are compared as people see them: in their own time zone. `YYYY-MM-DD`. */
    dayKey: (at: string | number) => dayKey.format(new Date(at)),
    weekday: (at: string | number) => weekday.format(new Date(at)),
    dayMonth: (at: string | number) => dayMonth.format(new Date(at)),
    /** For lists: the time today, the day otherwise. */
    short(at: string, now: number): string {
      return dayKey.format(new Date(at)) === dayKey.format(now)
        ? time.format(new Date(at))
        : dayMonth.format(new Date(at));
    },
    /** The two largest units that matter: `45 s`, `12 min`, `3 h 5 min`, `2 d`. */
    duration(ms: number): string {
      const value = Math.max(0, ms);
      if (value < minute) return unit(Math.round(value / 1_000), 'second');
      if (value < hour) return unit(Math.floor(value / minute), 'minute');
      if (value < day) {
        const minutes = Math.floor((value % hour) / minute);
        return `${unit(Math.floor(value / hour), 'hour')}${minutes > 0 ? ` ${unit(minutes, 'minute')}` : ''}`;
      }
      return unit(Math.floor(value / day), 'day');
    },
    /** As reports show it: seconds matter below an hour. */
    exactDuration(ms: number | null): string {
      if (ms === null) return '—';
      if (ms < minute) return unit(Math.round(ms / 1_000), 'second');
      if (ms >= hour) return this.duration(ms);
      const seconds = Math.round((ms % minute) / 1_000);
      return `${unit(Math.floor(ms / minute), 'minute')}${seconds > 0 ? ` ${unit(seconds, 'second')}` : ''}`;
    },
    bytes(size: number): string {
      if (size < 1_000) return bytes(size, 'byte');
      return size < 1_000_000 ? bytes(size / 1_000, 'kilobyte') : bytes(size / 1_000_000, 'megabyte');
    },
  };
}

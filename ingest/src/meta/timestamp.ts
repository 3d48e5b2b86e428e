import { instant } from '@recado/domain/time';
import { number } from './json-value.ts';

/** 1e11 seconds is the year 5138, 1e11 milliseconds is 1973: what is larger was given in milliseconds. */
const largestSeconds = 1e11;
/** The largest time that a Date holds. */
const largestMs = 8.64e15;

/** Meta's timestamps: seconds as a string, sometimes as a number. ISO 8601 UTC, or undefined when unreadable. */
export function timestamp(value: unknown): string | undefined {
  const read = number(value);
  if (read === undefined || read <= 0) return undefined;
  const ms = Math.floor(read > largestSeconds ? read : read * 1_000);
  return ms <= largestMs ? instant(ms) : undefined;
}

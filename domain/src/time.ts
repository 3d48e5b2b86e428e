import { z } from 'zod';

/**
 * Instants are ISO 8601 UTC strings with milliseconds everywhere (`2026-11-20T14:03:00.000Z`): they sort as
 * text, survive JSON, and read well in the store. Durations are whole milliseconds.
 */
export const isoInstant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'an ISO 8601 UTC instant');

export const instant = (ms: number): string => new Date(ms).toISOString();
export const ms = (iso: string): number => Date.parse(iso);
export const addMs = (iso: string, duration: number): string => instant(ms(iso) + duration);
/** Milliseconds from `start` to `end`; negative clocks of devices and providers never give a negative duration. */
export const elapsedMs = (start: string, end: string): number => Math.max(0, ms(end) - ms(start));

export const earliest = (a: string | null, b: string): string => (a === null || b < a ? b : a);
export const latest = (a: string | null, b: string): string => (a === null || b > a ? b : a);

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** The clock is an argument: every module that needs the time is given one. Returns ms since the epoch. */
export type Clock = () => number;

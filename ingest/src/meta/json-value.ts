/** Reading JSON that nobody promised us anything about: a wrong type is as good as absent. */
export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object, or an empty one. */
export const record = (value: unknown): Json => (isRecord(value) ? value : {});

/** A list; a single object where a list belongs counts as a list of one; anything else is empty. */
export const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isRecord(value) ? [value] : [];

/** A text that says something. Ids come as numbers now and then. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

export function number(value: unknown): number | undefined {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
}

export const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** Without the fields that are undefined: what is stored and compared has no empty places. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

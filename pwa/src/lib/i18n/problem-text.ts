import type { ApiError } from '../app/api.ts';
import type { Dictionary } from './es.ts';
import type { Format } from './format.ts';

/** A failure in words: by its code, else by its status, else with the code shown so that it can be told on. */
export function problemText(error: ApiError, t: Dictionary, format: Format): string {
  if (error.code === 'too_many_attempts' && error.retryAfter !== null)
    return t.problems.tooManyFor(format.duration(error.retryAfter * 1_000));
  const known = (t.problems as Record<string, unknown>)[error.code];
  if (typeof known === 'string') return known;
  switch (error.status) {
    case 401:
      return t.problems.unauthenticated;
    case 403:
      return t.problems.forbidden;
    case 404:
      return t.problems.not_found;
    case 502:
    case 503:
    case 504:
      return t.problems.store_unavailable;
    default:
      return t.problems.unknown(error.code);
  }
}

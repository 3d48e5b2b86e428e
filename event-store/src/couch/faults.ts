import { StoreUnavailable } from '../event-store.ts';

/** CouchDB understood the request and refused it (4xx): retrying the same request gives the same answer. */
export class CouchRefused extends Error {
  override name = 'CouchRefused';
  readonly status: number;
  /** CouchDB's own code: `not_found`, `forbidden`, `unauthorized`, `bad_request`, … */
  readonly code: string;
  readonly reason: string;
  constructor(status: number, code: string, reason: string) {
    super(`CouchDB answered ${status} ${code}: ${reason}`);
    this.status = status;
    this.code = code;
    this.reason = reason;
  }
}

/** The document has been written by someone else since it was read (409). */
export class DocumentConflict extends Error {
  override name = 'DocumentConflict';
  readonly id: string;
  constructor(id: string) {
    super(`document ${id} has changed meanwhile`);
    this.id = id;
  }
}

/** Statuses that say "not now" rather than "no". */
const passing = new Set([408, 425, 429]);

/** The typed error for an answer of CouchDB that is not 2xx. */
export function faultOfStatus(status: number, body: { error?: unknown; reason?: unknown }): Error {
  const code = typeof body.error === 'string' ? body.error : 'unknown';
  const reason = typeof body.reason === 'string' ? body.reason : '';
  if (status >= 500 || passing.has(status))
    return new StoreUnavailable(`CouchDB answered ${status} ${code}: ${reason}`);
  return new CouchRefused(status, code, reason);
}

/**
 * The typed error for anything `nano` or `fetch` throws. Their errors carry the request with its body and
 * headers: only the message is kept, so that no customer's words and no password reach a log.
 */
export function faultOf(error: unknown): Error {
  if (error instanceof StoreUnavailable || error instanceof CouchRefused) return error;
  if (!(error instanceof Error)) return new StoreUnavailable(String(error));
  const {
    statusCode,
    error: code,
    reason,
  } = error as Error & { statusCode?: unknown; error?: unknown; reason?: unknown };
  if (typeof statusCode === 'number') return faultOfStatus(statusCode, { error: code, reason });
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return new StoreUnavailable(`CouchDB does not answer: ${error.message}${cause}`);
}

import { conflict, CouchError } from '../couch-error.ts';
import type { PouchRow } from '../store/pouch.ts';

export type CouchRow = { ok: true; id: string; rev: string } | { id: string; error: string; reason: string };

/** PouchDB's outcome of one document in CouchDB's words. */
export function rowOf(row: PouchRow, id: string): CouchRow {
  if (!('error' in row)) return { ok: true, id: row.id, rev: row.rev };
  const { error, message } = refusalOf(row);
  return { id, error, reason: message };
}

/** The written revision, or the refusal thrown. */
export function revOf(row: PouchRow | undefined): string {
  if (!row) throw new Error('PouchDB answered no row for a document');
  if ('error' in row) throw refusalOf(row);
  return row.rev;
}

function refusalOf(row: Extract<PouchRow, { error: unknown }>): CouchError {
  if (row.status === 409) return conflict();
  return new CouchError(row.status || 500, row.name || 'unknown_error', row.reason ?? row.message);
}

/** A document as a device pushed it: nothing but its id is known of it. */
export type PushedDocument = { _id: string } & Record<string, unknown>;

/** What a device is told of each, in the shape of CouchDB's `_bulk_docs`. */
export type PushRow =
  { ok: true; id: string; rev: string } | { id: string; error: 'conflict'; reason: string };

export const conflictRow = (id: string): PushRow => ({
  id,
  error: 'conflict',
  reason: 'Document update conflict.',
});

import { badRequest, CouchError, notImplemented } from '../couch-error.ts';

export type JsonDocument = Record<string, unknown> & { _id: string; _rev?: string; _deleted?: boolean };

const revFormat = /^[1-9]\d*-[0-9a-zA-Z]+$/;
/** Members that CouchDB adds to answers and ignores when they come back. */
const ignored = new Set(['_revs_info', '_conflicts', '_deleted_conflicts', '_local_seq']);
const kept = new Set(['_id', '_rev', '_deleted', '_revisions', '_attachments']);

/**
 * A document as PouchDB may have it, or the refusal CouchDB would give. PouchDB reads further members
 * (`_rev_tree` among them) as its own metadata, and one bad document fails its whole batch, so nothing
 * unknown passes here. Changes the value it is given.
 */
export function parseDocument(
  value: unknown,
  options: { newEdits: boolean; newId?: () => string },
): JsonDocument {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('Document must be a JSON object');
  }
  const document = value as JsonDocument;
  if (document._id === undefined && options.newId) document._id = options.newId();
  assertDocumentId(document._id);
  for (const member in document) {
    if (member.charCodeAt(0) !== 95 || kept.has(member)) continue;
    if (!ignored.has(member)) {
      throw new CouchError(400, 'doc_validation', `Bad special document member: ${member}`);
    }
    delete document[member];
  }
  if (document._rev !== undefined) assertRev(document._rev);
  if (document._deleted !== undefined && typeof document._deleted !== 'boolean') {
    throw new CouchError(400, 'doc_validation', '_deleted must be a boolean');
  }
  if (document._attachments !== undefined) {
    if (Object.keys(document._attachments as object).length > 0) {
      throw notImplemented(
        'Attachments are not stored here. Use Apache CouchDB for documents that carry them.',
      );
    }
    delete document._attachments;
  }
  if (options.newEdits) delete document._revisions;
  else assertReplicated(document);
  return document;
}

export function assertDocumentId(id: unknown): asserts id is string {
  const illegal = (reason: string) => new CouchError(400, 'illegal_docid', reason);
  if (typeof id !== 'string') throw illegal('Document id must be a string');
  if (id === '') throw illegal('Document id must not be empty');
  if (!id.isWellFormed()) throw illegal('Document id must be valid UTF-8');
  if (!id.startsWith('_')) return;
  if (id === '_design/' || id === '_local/') throw illegal(`Illegal document id \`${id}\``);
  if (!id.startsWith('_design/') && !id.startsWith('_local/')) {
    throw illegal('Only reserved document ids may start with underscore.');
  }
}

export function assertRev(rev: unknown): asserts rev is string {
  if (typeof rev !== 'string' || !revFormat.test(rev)) throw badRequest('Invalid rev format');
}

/** A replicated revision brings its own name: `_rev`, or `_revisions` whose first entry it is. */
function assertReplicated(document: JsonDocument): void {
  const revisions = document._revisions as { start?: unknown; ids?: unknown } | undefined;
  if (revisions === undefined) {
    if (document._rev === undefined) throw new CouchError(400, 'bad_request', 'Document _rev is missing');
    return;
  }
  const invalid = (reason: string) => new CouchError(400, 'doc_validation', reason);
  if (!Number.isInteger(revisions.start)) throw invalid("_revisions.start isn't an integer.");
  const ids = revisions.ids;
  if (!Array.isArray(ids) || ids.length === 0) throw invalid("_revisions.ids isn't a array.");
  if (ids.some((id) => typeof id !== 'string')) throw invalid("RevId isn't a string");
}

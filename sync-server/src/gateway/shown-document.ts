import { type Collection, collectionOf } from '@recado/domain/wire/documents';
import { must } from '@recado/domain/must';
import { tombstoneOf } from './tombstone.ts';

/** A document as the store gives it. */
export type StoredDocument = { _id: string; _rev: string; _deleted?: boolean } & Record<string, unknown>;

/** As devices get it: a removed one with every required field (see `tombstone.ts`), others as they are. */
export function shownDocument(doc: StoredDocument): StoredDocument {
  if (!doc._deleted) return doc;
  const collection = must(collectionOf(doc._id), 'a document of a collection');
  // Only what CouchDB itself says is kept: `_revisions` is what a replicator asked for.
  const own = Object.fromEntries(Object.entries(doc).filter(([name]) => name.startsWith('_')));
  return { ...tombstoneOf(collection, doc._id), ...own, _id: doc._id, _rev: doc._rev, _deleted: true };
}

export const shownTombstone = (id: string, rev: string): StoredDocument =>
  shownDocument({ _id: id, _rev: rev, _deleted: true });

/**
 * The answer to a device that asks for the authoritative form of a document which does not exist: removed. It
 * was refused as a conflict, and RxDB must be given something to settle on, or it pushes the batch for ever.
 */
export function refusedDocument(collection: Collection, id: string): StoredDocument {
  const rev = `1-${'0'.repeat(32)}`;
  return { ...tombstoneOf(collection, id), _id: id, _rev: rev, _deleted: true };
}

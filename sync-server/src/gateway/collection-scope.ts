import { may, type Person } from '@recado/domain/access/access';
import { type Collection, collectionOf, collections } from '@recado/domain/wire/documents';
import { hasMailbox } from '../mailbox/mailboxes.ts';

/**
 * What one `/sync/<name>` shows of a mailbox. A collection is the documents whose id starts with its name and a
 * dot; `feed` is all of a person's collections at once, for changes only. Nothing else in the database is seen.
 */
export interface CollectionScope {
  name: Collection | 'feed';
  includes(documentId: string): boolean;
  /** Commands only: everything else is written by the server. */
  writable: boolean;
}

const visibleCollections = (person: Person): Collection[] =>
  hasMailbox(person) ? collections.filter((name) => name !== 'board' || may(person, 'viewBoard')) : [];

/** null when there is no such collection for this person: told apart from nothing else. */
export function scopeFor(person: Person, name: string): CollectionScope | null {
  const visible = visibleCollections(person);
  if (name === 'feed' && visible.length > 0) {
    const includes = (id: string) => visible.some((collection) => collection === collectionOf(id));
    return { name, includes, writable: false };
  }
  const collection = visible.find((candidate) => candidate === name);
  if (!collection) return null;
  return {
    name: collection,
    includes: (id) => collectionOf(id) === collection,
    writable: collection === 'cmd',
  };
}

/** The ids of a collection as a range of bytes: `.` is followed by `/`. */
export const idRange = (collection: Collection): { first: string; afterLast: string } => ({
  first: `${collection}.`,
  afterLast: `${collection}/`,
});

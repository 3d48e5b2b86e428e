import { documents, endOf, sequenceKey, sequenceOf, sequences } from './layout.ts';
import type { Metadata } from './layout.ts';
import { changeOf } from './commit.ts';
import type { Change } from './commit.ts';
import { entriesOf, getMany } from './leveldown.ts';
import type { Level } from './leveldown.ts';

/** Metadata of these ids, in their order; undefined where an id was never used. */
export async function readMetadata(level: Level, ids: string[]): Promise<(Metadata | undefined)[]> {
  const texts = await getMany(
    level,
    ids.map((id) => documents + id),
  );
  return texts.map((text) => (text === undefined ? undefined : (JSON.parse(text) as Metadata)));
}

/** Bodies as JSON text, in order; undefined where the revision's body is unknown or compacted away. */
export function readBodies(
  level: Level,
  wanted: { metadata: Metadata; rev: string }[],
): Promise<(string | undefined)[]> {
  return getMany(
    level,
    wanted.map(({ metadata, rev }) => sequenceKey(metadata.rev_map[rev] ?? 0)),
  );
}

export interface IdRange {
  gte?: string;
  gt?: string;
  lte?: string;
  lt?: string;
  descending: boolean;
}

/** A document with the body of its winning revision. */
export interface Current {
  metadata: Metadata;
  body: string;
}

/**
 * Adds the winners' bodies. A winner without a body was edited, and then compacted, since its metadata was
 * read: so that is read again.
 */
export async function withBodies(level: Level, found: Metadata[]): Promise<Current[]> {
  const bodies = await readBodies(
    level,
    found.map((metadata) => ({ metadata, rev: metadata.winningRev })),
  );
  const current: Current[] = [];
  for (const [index, metadata] of found.entries()) {
    const body = bodies[index];
    if (body !== undefined) current.push({ metadata, body });
    else {
      const [again] = await readMetadata(level, [metadata.id]);
      if (!again || again.winningRev === metadata.winningRev) {
        throw new Error(`The store has lost the body of revision ${metadata.winningRev} of a document`);
      }
      current.push(...(await withBodies(level, [again])));
    }
  }
  return current;
}

/** Metadata of all documents in order of id (by bytes, as CouchDB's `_all_docs`), tombstones included. */
export async function* scanMetadata(
  level: Level,
  range: IdRange,
  groupSize: number,
): AsyncGenerator<Metadata[]> {
  const lower =
    range.gt !== undefined ? { gt: documents + range.gt } : { gte: documents + (range.gte ?? '') };
  const upper =
    range.lt !== undefined
      ? { lt: documents + range.lt }
      : range.lte !== undefined
        ? { lte: documents + range.lte }
        : { lt: endOf(documents) };
  for await (const group of entriesOf(level, { ...lower, ...upper, reverse: range.descending }, groupSize)) {
    yield group.map(([, text]) => JSON.parse(text) as Metadata);
  }
}

/**
 * Changes in order of sequence, straight from the store. A row whose document has moved on since is left out:
 * it comes again under its later sequence.
 */
export async function* scanChanges(
  level: Level,
  range: { since: number; descending: boolean },
  groupSize: number,
): AsyncGenerator<Change[]> {
  const bounds = { gt: sequenceKey(range.since), lt: endOf(sequences), reverse: range.descending };
  for await (const group of entriesOf(level, bounds, groupSize)) {
    const rows = newestOfEach(group);
    const metadata = await readMetadata(
      level,
      rows.map((row) => row.id),
    );
    const current = rows.flatMap((row, index) => {
      const found = metadata[index];
      return found?.seq === row.seq ? [{ metadata: found, rev: found.winningRev, row }] : [];
    });
    // The latest revision may have lost to an older one: then the winner's body lies elsewhere.
    const elsewhere = current.filter(
      ({ metadata, row }) => metadata.rev_map[metadata.winningRev] !== row.seq,
    );
    const bodies = await readBodies(level, elsewhere);
    const winners = new Map(elsewhere.map((one, index) => [one.row.seq, bodies[index]]));
    const changes = current.flatMap(({ metadata, row }) => {
      const doc = winners.has(row.seq) ? winners.get(row.seq) : row.doc;
      // No body: edited and compacted since its metadata was read, so it comes again later.
      return doc === undefined ? [] : [changeOf(metadata, doc)];
    });
    if (changes.length > 0) yield changes;
  }
}

/** In their order. Of a document's revisions only the last can be current; its metadata is dear to read. */
function newestOfEach(group: [key: string, doc: string][]): { id: string; seq: number; doc: string }[] {
  const rows = group.map(([key, doc]) => ({ id: idOf(doc), seq: sequenceOf(key), doc }));
  const newest = new Map<string, number>();
  for (const { id, seq } of rows) newest.set(id, Math.max(seq, newest.get(id) ?? 0));
  return rows.filter(({ id, seq }) => newest.get(id) === seq);
}

const endOfDocument = /^[,{]"_id":"([^"\\]*)","_rev":"[^"\\]*"(?:,"_deleted":true)?\}$/;

/**
 * The id of a stored document. PouchDB writes it last, with the revision: then the document itself need not be
 * parsed. What looks like that end and stands elsewhere, in a text or in an inner object, ends otherwise: the
 * quotes of a text are escaped, and an inner object is not the last to be closed.
 */
export function idOf(doc: string): string {
  const [, id] = endOfDocument.exec(doc.slice(doc.lastIndexOf('"_id":"') - 1)) ?? [];
  return id ?? (JSON.parse(doc) as { _id: string })._id;
}

import type { CouchConnection } from '@recado/event-store/couch/connect';
import { type CollectionScope, idRange } from './collection-scope.ts';
import { shownDocument, shownTombstone, type StoredDocument } from './shown-document.ts';

export interface ChangeRow {
  seq: string | number;
  id: string;
  changes: { rev: string }[];
  deleted?: boolean;
  doc?: StoredDocument | null;
}

export interface ChangesPage {
  results: ChangeRow[];
  last_seq: string | number;
}

export interface ChangesRequest {
  couch: CouchConnection;
  databaseName: string;
  scope: CollectionScope;
  since: string;
  /** Most rows to give. */
  limit: number;
  includeDocs: boolean;
  allLeaves: boolean;
  signal?: AbortSignal;
}

/** Rows asked of the store at once. */
const pageSize = 1_000;
/** A collection of fewer documents is given whole to who has nothing of it. */
const smallCollection = 1_000;

/**
 * The changes of one collection after `since`. All collections share the mailbox's sequence: `last_seq` moves past
 * rows of the others, and a page in which nothing was ours is followed by the next, so that an answer shorter
 * than its limit always means the end.
 */
export async function readChanges(request: ChangesRequest): Promise<ChangesPage> {
  const { scope, limit } = request;
  const whole = await readSmallCollection(request);
  if (whole) return whole;
  const results: ChangeRow[] = [];
  let since: string | number = request.since;
  for (;;) {
    const page = await readPage(request, String(since), Math.min(pageSize, Math.max(100, limit)));
    for (const row of page.rows) {
      since = row.seq;
      if (!scope.includes(row.id)) continue;
      results.push(row);
      if (results.length >= limit) return { results: await withDocs(request, results), last_seq: row.seq };
    }
    since = page.lastSeq;
    if (page.isLast) return { results: await withDocs(request, results), last_seq: since };
  }
}

/** The mailbox is mostly messages: they come with their documents at once, the others are fetched by key. */
const comesWithDocs = ({ scope, includeDocs }: ChangesRequest): boolean =>
  includeDocs && (scope.name === 'msg' || scope.name === 'feed');

/**
 * The first pull of a collection that fits into one answer is its documents as they are now. Their changes lie
 * scattered among those of the messages, of which a mailbox holds thousands: looking through them all took the
 * better part of a second for each collection. The sequence is read first, so what changes meanwhile comes again.
 * What was removed is left out: who has nothing yet need not be told.
 */
async function readSmallCollection(request: ChangesRequest): Promise<ChangesPage | null> {
  const { couch, databaseName, scope, since, limit, includeDocs, signal } = request;
  if (since !== '0' || scope.name === 'msg' || scope.name === 'feed') return null;
  const path = encodeURIComponent(databaseName);
  const now = { since: 'now', limit: 1 };
  const { last_seq } = await couch.call<ChangesPage>({ path: `${path}/_changes`, query: now, signal });
  const { first, afterLast } = idRange(scope.name);
  const { rows } = await couch.call<{ rows: Required<FetchedRow>[] }>({
    path: `${path}/_all_docs`,
    query: {
      startkey: JSON.stringify(first),
      endkey: JSON.stringify(afterLast),
      limit: Math.min(limit, smallCollection),
      include_docs: includeDocs,
    },
    signal,
  });
  if (rows.length >= Math.min(limit, smallCollection)) return null;
  const results = rows.map(({ id, value: { rev }, doc }) => ({
    seq: last_seq,
    id,
    changes: [{ rev }],
    ...(includeDocs ? { doc } : {}),
  }));
  return { results, last_seq };
}

async function readPage(request: ChangesRequest, since: string, limit: number) {
  const { couch, databaseName, allLeaves, signal } = request;
  const query = {
    feed: 'normal',
    since,
    limit,
    style: allLeaves ? 'all_docs' : 'main_only',
    include_docs: comesWithDocs(request),
  };
  const path = `${encodeURIComponent(databaseName)}/_changes`;
  const { results, last_seq } = await couch.call<ChangesPage>({ path, query, signal });
  return { rows: results, lastSeq: last_seq, isLast: results.length < limit };
}

async function withDocs(request: ChangesRequest, rows: ChangeRow[]): Promise<ChangeRow[]> {
  if (!request.includeDocs) return rows;
  if (comesWithDocs(request)) return rows.map((row) => ({ ...row, doc: shownDoc(row) }));
  const living = rows.filter((row) => !row.deleted).map((row) => row.id);
  const found = new Map<string, StoredDocument>();
  if (living.length > 0) {
    const { rows: fetched } = await request.couch.call<{ rows: FetchedRow[] }>({
      method: 'POST',
      path: `${encodeURIComponent(request.databaseName)}/_all_docs`,
      query: { include_docs: true },
      body: { keys: living },
      signal: request.signal,
    });
    for (const { id, value, doc } of fetched) {
      if (id === undefined || value === undefined) continue;
      // Removed between the two requests: its newest state is as good as the one the row told of.
      found.set(id, doc ? shownDocument(doc) : shownTombstone(id, value.rev));
    }
  }
  return rows.map((row) => ({ ...row, doc: found.get(row.id) ?? shownTombstone(row.id, revOf(row)) }));
}

interface FetchedRow {
  id?: string;
  value?: { rev: string; deleted?: boolean };
  doc?: StoredDocument | null;
}

const revOf = (row: ChangeRow): string => row.changes[0]?.rev ?? '';
const shownDoc = (row: ChangeRow): StoredDocument =>
  row.doc && !row.deleted ? shownDocument(row.doc) : shownTombstone(row.id, revOf(row));

/** A row that carries its document and all leaves, as it was asked for. */
export function shownRow(
  row: ChangeRow,
  { includeDocs, allLeaves }: Pick<ChangesRequest, 'includeDocs' | 'allLeaves'>,
): ChangeRow {
  const { doc: _doc, ...bare } = row;
  const changes = allLeaves ? row.changes : row.changes.slice(0, 1);
  return { ...bare, changes, ...(includeDocs ? { doc: shownDoc(row) } : {}) };
}

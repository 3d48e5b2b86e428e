import { badRequest, conflict, notFound } from '../couch-error.ts';
import type { Metadata } from '../store/layout.ts';
import type { Level } from '../store/leveldown.ts';
import { readBodies, readMetadata, withBodies } from '../store/read-documents.ts';
import { conflictsOf, deletedConflictsOf, historyOf, isDeletedRev } from '../store/revision-tree.ts';
import { assertDocumentId, assertRev, parseDocument } from './document.ts';
import { databaseOf, isOn, readJson, sendJson, sendText } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { readRevisions } from './revisions.ts';
import { withMembers } from './with-members.ts';
import { revOf } from './write-rows.ts';

/** `PUT /{db}/{id}` */
export async function putDocument(exchange: Exchange, id: string): Promise<void> {
  const database = databaseOf(exchange);
  assertDocumentId(id);
  const newEdits = exchange.query.get('new_edits') !== 'false';
  const body = await readJson(exchange);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('Document must be a JSON object');
  }
  const given = body as Record<string, unknown>;
  if (given._id !== undefined && given._id !== id) {
    throw badRequest('Document ID must match the ID in the URL');
  }
  const rev = askedRev(exchange, given._rev);
  const document = parseDocument(
    { ...given, _id: id, ...(rev === undefined ? {} : { _rev: rev }) },
    { newEdits },
  );
  let written: string;
  if (newEdits) {
    const [row] = await database.write([document]);
    written = revOf(row);
  } else {
    const [failure] = await database.writeReplicated([document]);
    if (failure) revOf(failure);
    written = document._rev ?? '';
  }
  const location = `/${encodeURIComponent(database.name)}/${encodeURIComponent(id)}`;
  sendJson(exchange, 201, { ok: true, id, rev: written }, { location, etag: `"${written}"` });
}

/** `DELETE /{db}/{id}?rev=…` */
export async function deleteDocument(exchange: Exchange, id: string): Promise<void> {
  const database = databaseOf(exchange);
  assertDocumentId(id);
  const rev = askedRev(exchange, undefined);
  const [metadata] = await database.use(({ level }) => readMetadata(level, [id]));
  if (!metadata) throw notFound('missing');
  if (metadata.deleted) throw notFound('deleted');
  if (rev === undefined) throw conflict();
  const [row] = await database.write([tombstoneOf(id, rev)]);
  const written = revOf(row);
  sendJson(exchange, 200, { ok: true, id, rev: written }, { etag: `"${written}"` });
}

const tombstoneOf = (id: string, rev: string) => ({ _id: id, _rev: rev, _deleted: true });

/** The revision named in the query, the `If-Match` header or the body, which must not contradict each other. */
function askedRev({ query, request }: Exchange, inBody: unknown): string | undefined {
  const named = [query.get('rev'), request.headers['if-match']?.replaceAll('"', ''), inBody].filter(
    (rev) => rev !== undefined && rev !== null && rev !== '',
  );
  const [rev] = named;
  if (rev === undefined) return undefined;
  assertRev(rev);
  if (named.some((other) => other !== rev)) {
    throw badRequest('Document rev from request body and query string have different values');
  }
  return rev;
}

/** `GET /{db}/{id}` with `rev`, `revs`, `revs_info`, `conflicts`, `deleted_conflicts`, `meta`, `open_revs`, `latest`. */
export async function getDocument(exchange: Exchange, id: string): Promise<void> {
  const database = databaseOf(exchange);
  assertDocumentId(id);
  const { query } = exchange;
  if (query.has('open_revs')) return getOpenRevs(exchange, id);
  const asked = query.get('rev') ?? undefined;
  if (asked !== undefined) assertRev(asked);

  await database.use(async ({ level }) => {
    const [metadata] = await readMetadata(level, [id]);
    if (!metadata) throw notFound('missing');
    if (asked === undefined && metadata.deleted) throw notFound('deleted');
    const { rev, body, tree } = await readRevision(level, metadata, asked);
    const etag = { etag: `"${rev}"` };
    if (exchange.request.headers['if-none-match'] === etag.etag) {
      exchange.response.writeHead(304, etag).end();
      return;
    }
    const extra = extrasOf(tree, rev, query);
    sendText(exchange, 200, extra ? withMembers(body, extra) : `${body}\n`, etag);
  });
}

async function readRevision(level: Level, metadata: Metadata, asked: string | undefined) {
  if (asked === undefined) {
    const [current] = await withBodies(level, [metadata]);
    if (!current) throw notFound('missing');
    return { rev: current.metadata.winningRev, body: current.body, tree: current.metadata };
  }
  const [body] = await readBodies(level, [{ metadata, rev: asked }]);
  if (body === undefined) throw notFound('missing');
  return { rev: asked, body, tree: metadata };
}

function extrasOf(metadata: Metadata, rev: string, query: URLSearchParams): object | undefined {
  const meta = isOn(query, 'meta');
  const extra: Record<string, unknown> = {};
  const history = historyOf(metadata, rev);
  if (isOn(query, 'revs') && history) extra._revisions = { start: history.start, ids: history.ids };
  if ((meta || isOn(query, 'revs_info')) && history) {
    extra._revs_info = history.ids.map((hash, index) => {
      const known = `${history.start - index}-${hash}`;
      return { rev: known, status: statusOf(metadata, known) };
    });
  }
  if (meta || isOn(query, 'conflicts')) {
    const conflicts = conflictsOf(metadata);
    if (conflicts.length > 0) extra._conflicts = conflicts;
  }
  if (meta || isOn(query, 'deleted_conflicts')) {
    const conflicts = deletedConflictsOf(metadata);
    if (conflicts.length > 0) extra._deleted_conflicts = conflicts;
  }
  if (isOn(query, 'local_seq')) extra._local_seq = metadata.seq;
  return Object.keys(extra).length > 0 ? extra : undefined;
}

function statusOf(metadata: Metadata, rev: string): 'available' | 'deleted' | 'missing' {
  if (metadata.rev_map[rev] === undefined) return 'missing';
  return isDeletedRev(metadata, rev) ? 'deleted' : 'available';
}

/** CouchDB would answer multipart unless JSON is asked for; JSON serves every client that asks for either. */
async function getOpenRevs(exchange: Exchange, id: string): Promise<void> {
  const { query } = exchange;
  const text = query.get('open_revs') ?? '';
  const revs = text === 'all' ? ('all' as const) : parseRevs(text);
  const rows = await databaseOf(exchange).use(async ({ level }) => {
    const [metadata] = await readMetadata(level, [id]);
    if (!metadata && revs === 'all') throw notFound('missing');
    return readRevisions(level, metadata, {
      revs,
      latest: isOn(query, 'latest'),
      history: isOn(query, 'revs'),
    });
  });
  const items = rows.map((row) =>
    'ok' in row ? `{"ok":${row.ok}}` : JSON.stringify({ missing: row.missing }),
  );
  sendText(exchange, 200, `[${items.join(',')}]\n`);
}

function parseRevs(text: string): string[] {
  let revs: unknown;
  try {
    revs = JSON.parse(text);
  } catch {
    throw badRequest('invalid UTF-8 JSON');
  }
  if (!Array.isArray(revs)) throw badRequest('`open_revs` must be `all` or an array of revisions');
  revs.forEach(assertRev);
  return revs as string[];
}

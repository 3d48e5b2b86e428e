import { badRequest } from '../couch-error.ts';
import { readMetadata } from '../store/read-documents.ts';
import { allRevsOf, generation, leavesOf } from '../store/revision-tree.ts';
import { parseDocument } from './document.ts';
import type { JsonDocument } from './document.ts';
import { asObject, databaseOf, isOn, readPostedObject, sendJson, sendText } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { readRevisions } from './revisions.ts';
import type { RevisionRow } from './revisions.ts';
import { rowOf } from './write-rows.ts';
import type { CouchRow } from './write-rows.ts';
import { writeLocal } from './local-endpoints.ts';

/** `POST /{db}/_bulk_docs` */
export async function bulkDocs(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const { docs, new_edits: newEdits = true } = await readPostedObject(exchange);
  if (docs === undefined) throw badRequest('POST body must include `docs` parameter.');
  if (!Array.isArray(docs)) throw badRequest('`docs` parameter must be an array.');
  if (typeof newEdits !== 'boolean') throw badRequest('`new_edits` parameter must be a boolean.');
  const parsed = docs.map((doc) => parseDocument(doc, { newEdits, newId: exchange.newUuid }));
  const isLocal = (document: JsonDocument) => document._id.startsWith('_local/');
  // PouchDB changes the documents it is given, so what the answer needs is kept.
  const ids = parsed.map((document) => document._id);
  const local = new Map<number, CouchRow>();
  for (const [index, document] of parsed.entries()) {
    if (isLocal(document)) local.set(index, await writeLocal(database, document));
  }
  const stored = local.size > 0 ? parsed.filter((document) => !isLocal(document)) : parsed;

  if (!newEdits) {
    const failures = stored.length > 0 ? await database.writeReplicated(stored) : [];
    return sendJson(
      exchange,
      201,
      failures.map((row) => rowOf(row, row.id ?? '')),
    );
  }
  const rows = stored.length > 0 ? await database.write(stored) : [];
  let next = 0;
  sendJson(
    exchange,
    201,
    ids.map((id, index) => {
      const written = local.get(index);
      if (written) return written;
      const row = rows[next];
      next += 1;
      if (!row) throw new Error('PouchDB answered fewer rows than documents');
      return rowOf(row, id);
    }),
  );
}

/** `POST /{db}/_bulk_get` */
export async function bulkGet(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const { docs } = await readPostedObject(exchange);
  if (!Array.isArray(docs)) throw badRequest("Missing JSON list of 'docs'.");
  const wanted = docs.map((doc) => {
    const { id, rev } = asObject(doc, 'Each of `docs` must be an object');
    return { id: typeof id === 'string' ? id : '', rev: typeof rev === 'string' ? rev : undefined };
  });
  const options = { latest: isOn(exchange.query, 'latest'), history: isOn(exchange.query, 'revs') };

  const results = await database.use(async ({ level }) => {
    const metadata = await readMetadata(
      level,
      wanted.map(({ id }) => id),
    );
    return Promise.all(
      wanted.map(async ({ id, rev }, index) => {
        const revs = rev === undefined ? ('all' as const) : [rev];
        const rows = await readRevisions(level, metadata[index], { ...options, revs });
        const items = (rows.length > 0 ? rows : [{ missing: 'undefined' }]).map((row) =>
          bulkGetItem(row, id),
        );
        return `{"id":${JSON.stringify(id)},"docs":[${items.join(',')}]}`;
      }),
    );
  });
  sendText(exchange, 200, `{"results":[${results.join(',')}]}\n`);
}

function bulkGetItem(row: RevisionRow, id: string): string {
  if ('ok' in row) return `{"ok":${row.ok}}`;
  return JSON.stringify({ error: { id, rev: row.missing, error: 'not_found', reason: 'missing' } });
}

/** `POST /{db}/_revs_diff` */
export async function revsDiff(exchange: Exchange): Promise<void> {
  const missing = await missingRevisions(exchange);
  const rows = missing.map(({ id, revs, ancestors }) => [
    id,
    ancestors.length > 0 ? { missing: revs, possible_ancestors: ancestors } : { missing: revs },
  ]);
  sendJson(exchange, 200, Object.fromEntries(rows) as object);
}

/** `POST /{db}/_missing_revs` */
export async function missingRevs(exchange: Exchange): Promise<void> {
  const missing = await missingRevisions(exchange);
  sendJson(exchange, 200, { missing_revs: Object.fromEntries(missing.map(({ id, revs }) => [id, revs])) });
}

async function missingRevisions(
  exchange: Exchange,
): Promise<{ id: string; revs: string[]; ancestors: string[] }[]> {
  const database = databaseOf(exchange);
  const asked = Object.entries(await readPostedObject(exchange)).map(([id, revs]) => {
    if (!Array.isArray(revs) || revs.some((rev) => typeof rev !== 'string')) {
      throw badRequest('Each member must be an array of revisions');
    }
    return { id, revs: revs as string[] };
  });
  const metadata = await database.use(({ level }) =>
    readMetadata(
      level,
      asked.map(({ id }) => id),
    ),
  );
  return asked.flatMap(({ id, revs }, index) => {
    const found = metadata[index];
    if (revs.length === 0) return [];
    if (!found) return [{ id, revs, ancestors: [] }];
    const known = allRevsOf(found);
    const missing = revs.filter((rev) => !known.has(rev));
    if (missing.length === 0) return [];
    const highest = Math.max(...missing.map(generation));
    const ancestors = leavesOf(found)
      .map((leaf) => leaf.rev)
      .filter((rev) => generation(rev) < highest);
    return [{ id, revs: missing, ancestors }];
  });
}

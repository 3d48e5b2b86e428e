import type { Collection } from '@recado/domain/wire/documents';
import type { Context } from 'koa';
import { z } from 'zod';
import { problem } from '../http/problem.ts';
import { parseWith, readJson } from '../http/read-json.ts';
import { idRange } from './collection-scope.ts';
import { bodyLimit, collectionIn, type GatewayRequest } from './gateway-request.ts';
import { refusedDocument, shownDocument, shownTombstone, type StoredDocument } from './shown-document.ts';

const keysSchema = z.array(z.string()).max(10_000);
const bodySchema = z.object({
  keys: keysSchema.optional(),
  include_docs: z.boolean().optional(),
  startkey: z.string().optional(),
  endkey: z.string().optional(),
  limit: z.number().int().nonnegative().optional(),
  skip: z.number().int().nonnegative().optional(),
});

interface Row {
  id?: string;
  key: string;
  value?: { rev: string; deleted?: boolean };
  doc?: StoredDocument | null;
  error?: string;
}

/** `_all_docs`, by keys or by range, within the collection. */
export async function answerAllDocs(ctx: Context, request: GatewayRequest): Promise<void> {
  const fromQuery = parseQuery(request.query);
  const posted =
    ctx.method === 'POST' ? parseWith(bodySchema, await readJson(ctx, { maxBytes: bodyLimit })) : {};
  const asked = { ...fromQuery, ...posted };
  const collection = collectionIn(request.scope);
  // Deleted documents are always told: RxDB would bring back to life what it is not told of (it asks with the
  // parameter `deleted: 'ok'`, which CouchDB itself does not know).
  if (asked.keys) {
    // RxDB asks by GET only for the documents that it was refused as conflicts.
    const missing = (key: string): Row =>
      ctx.method === 'GET'
        ? {
            id: key,
            key,
            value: { rev: refusedDocument(collection, key)._rev, deleted: true },
            doc: refusedDocument(collection, key),
          }
        : { key, error: 'not_found' };
    ctx.body = {
      total_rows: asked.keys.length,
      offset: 0,
      rows: await rowsByKey(request, asked.keys, asked.include_docs ?? false, missing),
    };
    return;
  }
  ctx.body = await rowsInRange(request, collection, asked);
}

type Asked = z.infer<typeof bodySchema>;

/** Values are JSON, as in CouchDB; RxDB sends them without URL-escaping, which URLSearchParams forgives. */
function parseQuery(query: URLSearchParams): Asked {
  const parsed: Record<string, unknown> = {};
  for (const name of ['keys', 'include_docs', 'startkey', 'endkey', 'limit', 'skip', 'key']) {
    const text = query.get(name) ?? query.get(name.replace('key', '_key'));
    if (text === null) continue;
    try {
      parsed[name] = JSON.parse(text);
    } catch {
      throw problem('invalid_request', `${name}: not JSON`);
    }
  }
  if (parsed['key'] !== undefined) parsed['keys'] = [parsed['key']];
  return parseWith(bodySchema, parsed);
}

async function rowsByKey(
  { couch, mailbox, scope }: GatewayRequest,
  keys: readonly string[],
  includeDocs: boolean,
  missing: (key: string) => Row,
): Promise<Row[]> {
  const mine = keys.filter((key) => scope.includes(key));
  const found = new Map<string, Row>();
  if (mine.length > 0) {
    const { rows } = await couch.call<{ rows: Row[] }>({
      method: 'POST',
      path: `${encodeURIComponent(mailbox.name)}/_all_docs`,
      query: { include_docs: includeDocs },
      body: { keys: mine },
    });
    for (const row of rows)
      if (row.id !== undefined && row.value) found.set(row.id, shownRow(row, row.id, includeDocs));
  }
  return keys.map((key) => found.get(key) ?? missing(key));
}

function shownRow(row: Row, id: string, includeDocs: boolean): Row {
  if (!includeDocs) return row;
  if (row.doc) return { ...row, doc: shownDocument(row.doc) };
  return { ...row, doc: shownTombstone(id, row.value?.rev ?? '') };
}

async function rowsInRange(
  { couch, mailbox }: GatewayRequest,
  collection: Collection,
  asked: Asked,
): Promise<unknown> {
  const { first, afterLast } = idRange(collection);
  const startkey = asked.startkey !== undefined && asked.startkey > first ? asked.startkey : first;
  const endkey = asked.endkey !== undefined && asked.endkey < afterLast ? asked.endkey : afterLast;
  if (startkey > endkey) return { total_rows: 0, offset: 0, rows: [] };
  const { rows } = await couch.call<{ rows: Row[] }>({
    path: `${encodeURIComponent(mailbox.name)}/_all_docs`,
    query: {
      startkey: JSON.stringify(startkey),
      endkey: JSON.stringify(endkey),
      include_docs: asked.include_docs ?? false,
      ...(asked.limit === undefined ? {} : { limit: asked.limit }),
      ...(asked.skip === undefined ? {} : { skip: asked.skip }),
    },
  });
  return { total_rows: rows.length, offset: 0, rows };
}

import { badRequest, CouchError, notFound } from '../couch-error.ts';
import type { Pouch } from '../store/pouch.ts';
import { asObject, asCount, databaseOf, readPostedObject, sendJson } from './exchange.ts';
import type { Exchange } from './exchange.ts';

const defaultLimit = 25;

/** `POST /{db}/_find` */
export async function find(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const question = await readPostedObject(exchange);
  const { request, skip, limit } = mangoRequest(question);
  const found = await database.useIndexes((pouch) => asMango(() => pouch.find(request)));
  sendJson(exchange, 200, {
    docs: found.docs,
    bookmark: found.docs.length > 0 ? writeBookmark(skip + found.docs.length) : 'nil',
    ...(found.warning && limit > 0 ? { warning: found.warning } : {}),
  });
}

/** `POST /{db}/_explain` */
export async function explain(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const { request } = mangoRequest(await readPostedObject(exchange));
  sendJson(exchange, 200, await database.useIndexes((pouch) => asMango(() => pouch.explain(request))));
}

/** A bookmark is how many rows were seen: stable enough, since a page is always asked for anew. */
function mangoRequest(question: Record<string, unknown>): { request: object; skip: number; limit: number } {
  if (question.selector === undefined)
    throw new CouchError(400, 'missing_required_key', 'Missing required key: selector');
  asObject(question.selector, 'Selector must be a JSON object');
  const limit = asCount(question.limit, 'limit') ?? defaultLimit;
  const skip = (asCount(question.skip, 'skip') ?? 0) + readBookmark(question.bookmark);
  const { selector, fields, sort, use_index } = question;
  return {
    skip,
    limit,
    request: {
      selector,
      limit,
      skip,
      ...(Array.isArray(fields) && fields.length > 0 ? { fields } : {}),
      ...(Array.isArray(sort) && sort.length > 0 ? { sort } : {}),
      ...(use_index === undefined ? {} : { use_index }),
    },
  };
}

const writeBookmark = (seen: number) => Buffer.from(`seen:${seen}`).toString('base64url');

function readBookmark(bookmark: unknown): number {
  if (bookmark === undefined || bookmark === null || bookmark === 'nil' || bookmark === '') return 0;
  const [, seen] = /^seen:(\d+)$/.exec(Buffer.from(String(bookmark), 'base64url').toString()) ?? [];
  if (seen === undefined)
    throw new CouchError(400, 'invalid_bookmark', `Invalid bookmark value: ${String(bookmark)}`);
  return Number(seen);
}

/** `POST /{db}/_index` */
export async function createIndex(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const { index, ddoc, name, type = 'json' } = await readPostedObject(exchange);
  if (index === undefined) throw new CouchError(400, 'missing_required_key', 'Missing required key: index');
  if (type !== 'json')
    throw new CouchError(501, 'not_implemented', 'Only indexes of type json are kept here.');
  const { fields, partial_filter_selector } = asObject(index, 'Index definition must be a JSON object');
  const definition = {
    index: { fields, ...(partial_filter_selector === undefined ? {} : { partial_filter_selector }) },
    ...(typeof ddoc === 'string' ? { ddoc: ddoc.replace(/^_design\//, '') } : {}),
    ...(typeof name === 'string' ? { name } : {}),
  };
  sendJson(
    exchange,
    200,
    await database.useIndexes((pouch) => asMango(() => createdIndex(pouch, definition))),
  );
}

async function createdIndex(pouch: Pouch, definition: object) {
  const { result, id, name } = await pouch.createIndex(definition);
  return { result, id, name };
}

/** `GET /{db}/_index` */
export async function getIndexes(exchange: Exchange): Promise<void> {
  sendJson(exchange, 200, await databaseOf(exchange).useIndexes((pouch) => pouch.getIndexes()));
}

/** `DELETE /{db}/_index/{ddoc}/json/{name}` */
export async function deleteIndex(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const [, , first = '', second = '', third = '', fourth] = exchange.path;
  const [ddoc, type, name] = first === '_design' ? [second, third, fourth] : [first, second, third];
  await database.useIndexes(async (pouch) => {
    const { indexes } = await pouch.getIndexes();
    const wanted = `_design/${ddoc.replace(/^_design\//, '')}`;
    const found = (indexes as { ddoc: string | null; name: string }[]).find(
      (index) => index.ddoc === wanted && index.name === name,
    );
    if (!found || type !== 'json') throw notFound('missing');
    await pouch.deleteIndex({ ddoc: wanted, name });
  });
  sendJson(exchange, 200, { ok: true });
}

/** PouchDB's Mango throws plain errors for what CouchDB answers with 400. */
async function asMango<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message, status } = error as { name?: string; message?: string; status?: number };
    if (typeof status === 'number' && status >= 400 && status < 500) {
      throw new CouchError(status, name ?? 'bad_request', message ?? 'bad request');
    }
    if (/no index|Cannot sort|no_usable_index/i.test(message ?? '')) {
      throw new CouchError(400, 'no_usable_index', message ?? 'No index exists for this sort.');
    }
    if (error instanceof Error && error.constructor === Error) throw badRequest(error.message);
    throw error;
  }
}

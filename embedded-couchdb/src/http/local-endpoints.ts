import { notFound } from '../couch-error.ts';
import type { Database } from '../store/database.ts';
import { locals, endOf } from '../store/layout.ts';
import { entriesOf, getMany, writeDurably } from '../store/leveldown.ts';
import { databaseOf, isOn, readJson, sendJson, sendText, asObject } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { CouchRow } from './write-rows.ts';

/**
 * Local documents are not replicated and keep no history. As in CouchDB, a write of one never conflicts:
 * the given revision only says how to number the next, so nobody may use them as a lock.
 */
export async function writeLocal(
  database: Database,
  document: Record<string, unknown> & { _id: string },
): Promise<CouchRow> {
  const { _id: id, _rev: given, _deleted: deleted, ...rest } = document;
  delete rest._revisions;
  const previous = typeof given === 'string' ? Number(given.split('-')[1]) || 0 : 0;
  const rev = deleted === true ? '0-0' : `0-${previous + 1}`;
  const key = locals + id;
  await database.use(({ level }) =>
    writeDurably(level, [
      deleted === true
        ? { type: 'del', key }
        : { type: 'put', key, value: JSON.stringify({ _id: id, _rev: rev, ...rest }) },
    ]),
  );
  return { ok: true, id, rev };
}

/** `GET /{db}/_local/{id}` */
export async function getLocal(exchange: Exchange, id: string): Promise<void> {
  const [text] = await databaseOf(exchange).use(({ level }) => getMany(level, [locals + id]));
  if (text === undefined) throw notFound('missing');
  sendText(exchange, 200, `${text}\n`);
}

/** `PUT /{db}/_local/{id}` */
export async function putLocal(exchange: Exchange, id: string): Promise<void> {
  const database = databaseOf(exchange);
  const body = asObject(await readJson(exchange), 'Document must be a JSON object');
  const rev = exchange.query.get('rev') ?? body._rev;
  sendJson(exchange, 201, await writeLocal(database, { ...body, _id: id, _rev: rev }));
}

/** `DELETE /{db}/_local/{id}` */
export async function deleteLocal(exchange: Exchange, id: string): Promise<void> {
  const database = databaseOf(exchange);
  const [text] = await database.use(({ level }) => getMany(level, [locals + id]));
  if (text === undefined) throw notFound('missing');
  sendJson(exchange, 200, await writeLocal(database, { _id: id, _deleted: true }));
}

/** `GET /{db}/_local_docs` */
export async function localDocs(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const withDocs = isOn(exchange.query, 'include_docs');
  const rows: object[] = [];
  await database.use(async ({ level }) => {
    for await (const group of entriesOf(level, { gte: locals, lt: endOf(locals) }, 500)) {
      for (const [, text] of group) {
        const doc = JSON.parse(text) as { _id: string; _rev: string };
        rows.push({ id: doc._id, key: doc._id, value: { rev: doc._rev }, ...(withDocs ? { doc } : {}) });
      }
    }
  });
  sendJson(exchange, 200, { total_rows: null, offset: null, rows });
}

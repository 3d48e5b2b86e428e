import { badRequest } from '../couch-error.ts';
import type { Database } from '../store/database.ts';
import { parseDocument } from './document.ts';
import { asObject, databaseOf, readJson, readPostedJson, sendJson } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { writeSequence } from './sequence.ts';
import { revOf } from './write-rows.ts';

/** `PUT /{db}`; `q` and `n` are taken and mean nothing on one machine. */
export async function createDatabase(exchange: Exchange): Promise<void> {
  const name = exchange.path[0] ?? '';
  await exchange.databases.create(name);
  sendJson(exchange, 201, { ok: true }, { location: `/${encodeURIComponent(name)}` });
}

/** `DELETE /{db}` */
export async function deleteDatabase(exchange: Exchange): Promise<void> {
  // CouchDB refuses this, because it is what a forgotten document id looks like.
  if (exchange.query.has('rev')) {
    throw badRequest(
      'You tried to DELETE a database with a ?=rev parameter. Did you mean to DELETE a document instead?',
    );
  }
  await exchange.databases.remove(exchange.path[0] ?? '');
  sendJson(exchange, 200, { ok: true });
}

/** `GET /{db}` */
export async function databaseInfo(exchange: Exchange): Promise<void> {
  sendJson(exchange, 200, await describeDatabase(databaseOf(exchange)));
}

export async function describeDatabase(database: Database): Promise<object> {
  const { uuid, createdAt } = await database.settings();
  const { living, deleted, updateSeq } = await database.counts();
  const bytes = await database.bytes();
  return {
    instance_start_time: createdAt,
    db_name: database.name,
    purge_seq: writeSequence(0, uuid),
    update_seq: writeSequence(updateSeq, uuid),
    sizes: { file: bytes, external: bytes, active: bytes },
    props: {},
    doc_del_count: deleted,
    doc_count: living,
    disk_format_version: 8,
    compact_running: false,
    cluster: { q: 1, n: 1, w: 1, r: 1 },
  };
}

/** `POST /{db}` */
export async function createDocument(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const document = parseDocument(await readPostedJson(exchange), { newEdits: true, newId: exchange.newUuid });
  const id = document._id;
  if (id.startsWith('_local/')) throw badRequest('Local documents are written with PUT.');
  const [row] = await database.write([document]);
  const rev = revOf(row);
  const location = `/${encodeURIComponent(database.name)}/${encodeURIComponent(id)}`;
  sendJson(exchange, 201, { ok: true, id, rev }, { location, etag: `"${rev}"` });
}

/** `POST /{db}/_ensure_full_commit`: every write was committed before it was answered. */
export async function ensureFullCommit(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  await readPostedJson(exchange);
  sendJson(exchange, 201, { ok: true, instance_start_time: (await database.settings()).createdAt });
}

/** `POST /{db}/_compact`: done when answered, where CouchDB only starts it. */
export async function compact(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  await readPostedJson(exchange);
  await database.compact();
  sendJson(exchange, 202, { ok: true });
}

/** `POST /{db}/_view_cleanup` */
export async function viewCleanup(exchange: Exchange): Promise<void> {
  databaseOf(exchange);
  await readPostedJson(exchange);
  sendJson(exchange, 202, { ok: true });
}

/** `GET /{db}/_security` */
export async function getSecurity(exchange: Exchange): Promise<void> {
  sendJson(exchange, 200, (await databaseOf(exchange).settings()).security);
}

/** `PUT /{db}/_security`: kept and returned; access itself is decided by who reaches the loopback. */
export async function putSecurity(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const security = asObject(await readJson(exchange), 'Request body must be a JSON object');
  await database.updateSettings({ security });
  sendJson(exchange, 200, { ok: true });
}

/** `GET /{db}/_revs_limit` */
export async function getRevsLimit(exchange: Exchange): Promise<void> {
  sendJson(exchange, 200, (await databaseOf(exchange).settings()).revsLimit);
}

/** `PUT /{db}/_revs_limit` */
export async function putRevsLimit(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const limit = await readJson(exchange);
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1) {
    throw badRequest('`_revs_limit` must be a positive integer.');
  }
  await database.updateSettings({ revsLimit: limit });
  sendJson(exchange, 200, { ok: true });
}

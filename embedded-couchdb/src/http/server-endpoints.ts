import { badRequest } from '../couch-error.ts';
import { asCount, isOn, jsonParameter, readPostedObject, sendJson } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { describeDatabase } from './database-endpoints.ts';

/** `GET /` */
export function welcome(exchange: Exchange): void {
  sendJson(exchange, 200, {
    couchdb: 'Welcome',
    version: '3.5.0',
    uuid: exchange.serverUuid,
    features: [],
    vendor: { name: 'Recado embedded-couchdb' },
  });
}

/** `GET /_up` */
export function up(exchange: Exchange): void {
  sendJson(exchange, 200, { status: 'ok', seeds: {} });
}

/** `GET /_all_dbs` */
export function allDatabases(exchange: Exchange): void {
  const { query } = exchange;
  const start = jsonParameter(query, 'startkey') ?? jsonParameter(query, 'start_key');
  const end = jsonParameter(query, 'endkey') ?? jsonParameter(query, 'end_key');
  const skip = asCount(query.get('skip'), 'skip') ?? 0;
  const limit = asCount(query.get('limit'), 'limit') ?? Infinity;
  const names = exchange.databases
    .names()
    .filter((name) => typeof start !== 'string' || name >= start)
    .filter((name) => typeof end !== 'string' || name <= end);
  if (isOn(query, 'descending')) names.reverse();
  sendJson(exchange, 200, names.slice(skip, skip + limit));
}

/** `POST /_dbs_info` */
export async function databasesInfo(exchange: Exchange): Promise<void> {
  const { keys } = await readPostedObject(exchange);
  if (!Array.isArray(keys)) throw badRequest('`keys` member must exist.');
  const rows = [];
  for (const key of keys as unknown[]) {
    if (typeof key === 'string' && exchange.databases.exists(key)) {
      rows.push({ key, info: await describeDatabase(exchange.databases.get(key)) });
    } else rows.push({ key, error: 'not_found' });
  }
  sendJson(exchange, 200, rows);
}

/** `GET /_session`: whoever reaches the loopback is the administrator. */
export function session(exchange: Exchange): void {
  sendJson(exchange, 200, {
    ok: true,
    userCtx: { name: null, roles: ['_admin'] },
    info: { authentication_handlers: [] },
  });
}

/** `GET /_uuids` */
export function uuids(exchange: Exchange): void {
  const count = asCount(exchange.query.get('count'), 'count') ?? 1;
  if (count > 1000) throw badRequest('count parameter too large');
  sendJson(exchange, 200, { uuids: Array.from({ length: count }, exchange.newUuid) });
}

/** `GET /_active_tasks` */
export function activeTasks(exchange: Exchange): void {
  sendJson(exchange, 200, []);
}

import {
  badRequest,
  CouchError,
  illegalDatabaseName,
  noSuchDatabase,
  notFound,
  notImplemented,
} from '../couch-error.ts';
import { designDocs, getAllDocs, postAllDocs } from './all-docs.ts';
import { bulkDocs, bulkGet, missingRevs, revsDiff } from './bulk-endpoints.ts';
import { changes } from './changes.ts';
import * as database from './database-endpoints.ts';
import { deleteDocument, getDocument, putDocument } from './document-endpoints.ts';
import type { Endpoint, Exchange } from './exchange.ts';
import { createIndex, deleteIndex, explain, find, getIndexes } from './find-endpoints.ts';
import { deleteLocal, getLocal, localDocs, putLocal } from './local-endpoints.ts';
import * as server from './server-endpoints.ts';

type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Endpoint>>;

const serverRoutes: Record<string, Methods> = {
  '': { GET: server.welcome },
  _up: { GET: server.up },
  _all_dbs: { GET: server.allDatabases },
  _dbs_info: { POST: server.databasesInfo },
  _session: { GET: server.session },
  _uuids: { GET: server.uuids },
  _active_tasks: { GET: server.activeTasks },
};

const databaseRoutes: Record<string, Methods> = {
  '': {
    GET: database.databaseInfo,
    PUT: database.createDatabase,
    DELETE: database.deleteDatabase,
    POST: database.createDocument,
  },
  _all_docs: { GET: getAllDocs, POST: postAllDocs },
  _design_docs: { GET: designDocs, POST: designDocs },
  _local_docs: { GET: localDocs },
  _bulk_docs: { POST: bulkDocs },
  _bulk_get: { POST: bulkGet },
  _revs_diff: { POST: revsDiff },
  _missing_revs: { POST: missingRevs },
  _changes: { GET: changes, POST: changes },
  _find: { POST: find },
  _explain: { POST: explain },
  _index: { GET: getIndexes, POST: createIndex },
  _ensure_full_commit: { POST: database.ensureFullCommit },
  _compact: { POST: database.compact },
  _view_cleanup: { POST: database.viewCleanup },
  _security: { GET: database.getSecurity, PUT: database.putSecurity },
  _revs_limit: { GET: database.getRevsLimit, PUT: database.putRevsLimit },
};

/** The endpoint for a request; throws 404, 405 or 501 as CouchDB words them. */
export function route(exchange: Exchange): Promise<void> | void {
  const { path } = exchange;
  const [name = '', member = ''] = path;
  if (name === '' || name.startsWith('_')) {
    const methods = path.length <= 1 ? serverRoutes[name] : undefined;
    if (methods) return call(methods, exchange);
    if (exchange.request.method === 'PUT' && path.length === 1) throw illegalDatabaseName(name);
    throw notImplemented(`/${path.join('/')} is not served here.`);
  }
  if (member === '') return call(databaseRoutes[''] ?? {}, exchange);
  if (member === '_design' || member.startsWith('_design/')) return design(exchange, member);
  if (member === '_local' || member.startsWith('_local/')) {
    return callWithId(local, exchange, path.slice(1).join('/'));
  }
  if (member === '_index' && path.length > 2) return call({ DELETE: deleteIndex }, exchange);
  if (member.startsWith('_')) {
    const methods = path.length === 2 ? databaseRoutes[member] : undefined;
    if (methods) return call(methods, exchange);
    if (!exchange.databases.exists(name)) throw noSuchDatabase();
    throw notImplemented(`${path.slice(1).join('/')} is not served here.`);
  }
  if (path.length > 2) return attachment(exchange);
  return callWithId(documents, exchange, member);
}

type MethodsWithId = Partial<Record<keyof Methods, (exchange: Exchange, id: string) => Promise<void>>>;
const documents: MethodsWithId = { GET: getDocument, PUT: putDocument, DELETE: deleteDocument };
const local: MethodsWithId = { GET: getLocal, PUT: putLocal, DELETE: deleteLocal };

/** Design documents are stored and replicated; the views in them are not run. */
function design(exchange: Exchange, member: string): Promise<void> | void {
  const rest = member === '_design' ? exchange.path.slice(2) : exchange.path.slice(1);
  const name = member === '_design' ? (rest[0] ?? '') : member.slice('_design/'.length);
  if (rest.length > 1)
    throw notImplemented('Views, shows, lists and updates are not run here: use _find, or Apache CouchDB.');
  return callWithId(documents, exchange, `_design/${name}`);
}

function attachment(exchange: Exchange): never {
  if (!exchange.databases.exists(exchange.path[0] ?? '')) throw noSuchDatabase();
  if (exchange.request.method === 'GET' || exchange.request.method === 'HEAD') {
    throw notFound('Document is missing attachment');
  }
  throw notImplemented('Attachments are not stored here.');
}

function call(methods: Methods, exchange: Exchange): Promise<void> | void {
  return pick(methods, exchange)(exchange);
}

function callWithId(methods: MethodsWithId, exchange: Exchange, id: string): Promise<void> {
  return pick(methods, exchange)(exchange, id);
}

function pick<E>(methods: Partial<Record<keyof Methods, E>>, { request }: Exchange): E {
  // Node leaves out the body of an answer to HEAD.
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const endpoint = methods[method as keyof Methods];
  if (endpoint) return endpoint;
  const allowed = Object.keys(methods).flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known]));
  throw new CouchError(405, 'method_not_allowed', `Only ${allowed.sort().join(',')} allowed`);
}

/** Path segments; ids may hold any character, percent-encoded. */
export function splitPath(pathname: string): string[] {
  try {
    const segments = pathname.split('/').slice(1).map(decodeURIComponent);
    while (segments.length > 1 && segments.at(-1) === '') segments.pop();
    return segments;
  } catch {
    throw badRequest('The path holds a malformed percent-encoding.');
  }
}

import nanoOf, { type ServerScope } from 'nano';
import { StoreUnavailable } from '../event-store.ts';
import { type CouchDatabase, createCouchDatabase } from './database.ts';
import { CouchRefused, faultOf, faultOfStatus } from './faults.ts';
import type { CouchCall, CouchRequests } from './requests.ts';

export interface CouchOptions {
  /** `http(s)://[user:password@]host:port[/prefix]`. The credentials travel in a header. */
  url: string;
  /** How long one request may take, ms; default 10,000. */
  timeoutMs?: number;
}

export interface CouchConnection extends CouchRequests {
  /** The server's address without credentials and without a trailing slash. */
  url: string;
  nano: ServerScope;
  database(name: string): CouchDatabase;
  /**
   * True when it was created by this call. `q` is the number of shards: 1 keeps one sequence of changes.
   * `revsLimit` is how many revisions of a document the store remembers; it is set at every call.
   */
  ensureDatabase(name: string, options?: { q?: number; revsLimit?: number }): Promise<boolean>;
  /** False when it was not there. */
  destroyDatabase(name: string): Promise<boolean>;
  /** Names that start with `prefix`, sorted. */
  databaseNames(prefix?: string): Promise<string[]>;
}

/**
 * The connection to CouchDB, or to the embedded store, which speaks the same API. Connections are kept alive and
 * shared by Node's fetch, on which nano stands.
 */
export function connectCouch(options: CouchOptions): CouchConnection {
  const { address, headers } = splitCredentials(options.url);
  const timeoutMs = options.timeoutMs ?? 10_000;
  // Without parseUrl (missing in nano's types) the last segment of a path prefix would be taken for a database.
  const configuration = { url: address, parseUrl: false, headers: { ...headers } };
  const nano: ServerScope = nanoOf(configuration);

  const call = async <T>(request: CouchCall): Promise<T> => {
    const deadline = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
    const { body } = request;
    const nanoRequest = {
      method: request.method ?? 'GET',
      path: withQuery(request.path, request.query),
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      // nano's own stringify walks every value through a replacer.
      dontStringify: true,
      signal: request.signal ? AbortSignal.any([request.signal, deadline]) : deadline,
    };
    let answer: unknown;
    try {
      answer = await nano.request(nanoRequest);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw faultOf(error);
    }
    // nano gives '' for JSON that was cut off: to be told from an answer.
    if (typeof answer !== 'object')
      throw new StoreUnavailable(`the answer to ${nanoRequest.method} was cut off`);
    return answer as T;
  };

  const rawFetch = async (path: string, init: RequestInit = {}): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(`${address}/${path}`, { ...init, headers: { ...headers, ...init.headers } });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw faultOf(error);
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as { error?: unknown; reason?: unknown };
    throw faultOfStatus(response.status, body);
  };

  return {
    url: address,
    nano,
    call,
    fetch: rawFetch,
    database: (name) => createCouchDatabase({ name, call, fetch: rawFetch }),
    async ensureDatabase(name, { q, revsLimit } = {}) {
      const path = encodeURIComponent(name);
      const query = q === undefined ? undefined : { q };
      const created = await succeeded(call({ method: 'PUT', path, query }), 412);
      if (revsLimit !== undefined)
        await call({ method: 'PUT', path: `${path}/_revs_limit`, body: String(revsLimit) });
      return created;
    },
    async destroyDatabase(name) {
      return succeeded(call({ method: 'DELETE', path: encodeURIComponent(name) }), 404);
    },
    async databaseNames(prefix = '') {
      const names = await call<string[]>({ path: '_all_dbs' });
      return names.filter((name) => name.startsWith(prefix)).sort();
    },
  };
}

/** Written here rather than by nano, which turns some parameters into JSON and others not. */
function withQuery(path: string, query: CouchCall['query']): string {
  const parameters = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]);
  return parameters.length === 0 ? path : `${path}?${new URLSearchParams(parameters).toString()}`;
}

/** Node's fetch refuses credentials in a URL: they go into a header. */
function splitCredentials(text: string): { address: string; headers: Record<string, string> } {
  const url = new URL(text);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const address = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  if (user === '') return { address, headers: {} };
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  return { address, headers: { Authorization: `Basic ${token}` } };
}

async function succeeded(request: Promise<unknown>, expectedRefusal: number): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof CouchRefused && error.status === expectedRefusal) return false;
    throw error;
  }
}

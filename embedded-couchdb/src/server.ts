import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CouchError } from './couch-error.ts';
import { sendJson } from './http/exchange.ts';
import type { Exchange } from './http/exchange.ts';
import { ClientGone } from './http/json-stream.ts';
import { refuseForeignPages } from './http/loopback-only.ts';
import { route, splitPath } from './http/routes.ts';
import { openDatabases } from './store/databases.ts';

export { DirectoryInUse } from './store/owner-lock.ts';

/** Other addresses are refused by construction: there is no option to listen elsewhere. */
const loopback = '127.0.0.1';

/** How long requests under way may take to finish when the server stops, in milliseconds. */
const graceOnStop = 2000;

export interface EmbeddedCouchdb {
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** Ends feeds, lets requests under way finish, closes the files and gives the directory up. */
  stop(): Promise<void>;
}

export interface EmbeddedCouchdbOptions {
  /** Created if missing. One server per directory: a second start rejects with `DirectoryInUse`. */
  directory: string;
  /** 0, the default, takes any free port. */
  port?: number;
  logger?: { error(details: object, message: string): void };
  /** Databases whose files are open at a time. */
  maxOpenDatabases?: number;
  /** Longest request body; 64 MiB by default. */
  maxBodyBytes?: number;
}

/** Serves the CouchDB 3.5 HTTP API over a directory, on the loopback only. */
export async function startEmbeddedCouchdb(options: EmbeddedCouchdbOptions): Promise<EmbeddedCouchdb> {
  const { directory, port = 0, logger, maxOpenDatabases = 100, maxBodyBytes = 64 * 1024 * 1024 } = options;
  const databases = await openDatabases({
    directory,
    maxOpen: maxOpenDatabases,
    now: () => new Date(),
    onFault: (database, error) =>
      logger?.error({ err: error, database }, 'the store failed to write or close'),
  });
  const newUuid = () => randomUUID().replaceAll('-', '');
  const serverUuid = newUuid();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const exchange: Exchange = {
      request,
      response,
      databases,
      path: [],
      query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
      newUuid,
      serverUuid,
      maxBodyBytes,
    };
    try {
      refuseForeignPages(request);
      exchange.path = splitPath(at < 0 ? url : url.slice(0, at));
      await route(exchange);
    } catch (error) {
      refuse(exchange, error);
    }
  }

  function refuse(exchange: Exchange, error: unknown): void {
    const { request, response } = exchange;
    if (error instanceof ClientGone) return;
    const known = error instanceof CouchError;
    if (!known) logger?.error({ err: error, method: request.method }, 'a request failed');
    // An answer that has begun can only be broken off, so that no client takes it for whole.
    if (response.headersSent) return void response.destroy();
    const refusal = known
      ? error
      : new CouchError(500, 'internal_server_error', 'The request failed. See the log.');
    // What is left of an unread body would otherwise be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    sendJson(exchange, refusal.status, refusal.body());
  }

  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    void answer(request, response);
  });
  try {
    server.listen(port, loopback);
    await once(server, 'listening');
  } catch (error) {
    await databases.stop();
    throw error;
  }
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://${loopback}:${bound}`,
    port: bound,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      databases.endFeeds();
      // Connections fall idle one by one, as their last answers end.
      const closeIdle = setInterval(() => server.closeIdleConnections(), 10);
      const force = setTimeout(() => server.closeAllConnections(), graceOnStop);
      await closed;
      clearInterval(closeIdle);
      clearTimeout(force);
      await databases.stop();
    },
  };
}

import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { connectCouch } from '@recado/event-store/couch/connect';
import { readLivingProcess } from '@recado/event-store/living-process';
import { retry } from '@recado/event-store/retry';
import { stopOnSignals } from '@recado/event-store/stop-on-signals';
import { readTenants } from '@recado/event-store/tenants';
import { createSecretBox } from '@recado/event-store/secret-box';
import { createMediaStore } from '@recado/media-store/media-store';
import { pino } from 'pino';
import { monotonicFactory } from 'ulidx';
import { readConfig } from './config.ts';
import { createIngest } from './ingest.ts';
import { createGraphClient } from './meta/graph-client.ts';
import { openTenantStores } from './tenant/tenant-stores.ts';

const config = readConfig();
const logger = pino({ level: config.RECADO_LOG_LEVEL, name: 'ingest' });
const couch = connectCouch({ url: config.COUCHDB_URL });
const ulid = monotonicFactory();
const clock = () => Date.now();
const livingProcess = readLivingProcess();

const ingest = createIngest({
  listTenants: () => readTenants(couch),
  openStores: (tenant) => openTenantStores({ couch, tenant, clock, logger, process: livingProcess }),
  media: createMediaStore({
    directory: join(config.RECADO_DATA, 'media'),
    maxBytes: config.RECADO_MEDIA_MAX_BYTES,
  }),
  ready: async () => void (await couch.call({ path: '', timeoutMs: 2_000 })),
  graph: createGraphClient({ baseUrl: config.META_GRAPH_URL, timeoutMs: config.META_TIMEOUT_MS }),
  secretBox: createSecretBox(config.RECADO_SECRET),
  logger,
  clock,
  newId: () => ulid().toLowerCase(),
  random: Math.random,
  holder: `ingest ${hostname()} ${process.pid}`,
});
const handle = ingest.app.callback();
// Longer than proxies and clients keep one: who closes first must not be us, while a request is on its way.
const server = createServer(
  { keepAliveTimeout: 65_000 },
  (request, response) => void handle(request, response),
);

const starting = new AbortController();
stopOnSignals(async () => {
  starting.abort();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
  await ingest.stop();
}, logger);

await retry(() => ingest.start(), {
  signal: starting.signal,
  maxMs: 2_000,
  onFault: (error) => logger.warn({ err: error }, 'waiting for CouchDB'),
});
server.listen(config.RECADO_INGEST_PORT, config.RECADO_HOST, () => {
  logger.info({ host: config.RECADO_HOST, port: config.RECADO_INGEST_PORT }, 'ready');
});

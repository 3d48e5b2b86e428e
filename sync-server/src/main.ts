import { connectCouch } from '@recado/event-store/couch/connect';
import { readLivingProcess } from '@recado/event-store/living-process';
import { retry } from '@recado/event-store/retry';
import { createSecretBox } from '@recado/event-store/secret-box';
import { stopOnSignals } from '@recado/event-store/stop-on-signals';
import { createMediaStore } from '@recado/media-store/media-store';
import { instant } from '@recado/domain/time';
import { pino } from 'pino';
import { ulid } from 'ulidx';
import { readConfig } from './config.ts';
import { seedDemo } from './demo/seed-demo.ts';
import { createSyncServer } from './sync-server.ts';

const config = readConfig();
const logger = pino({ name: 'sync-server', level: config.logLevel });
const now = () => Date.now();
const couch = connectCouch({ url: config.couchUrl });

await retry(() => couch.call({ path: '_up', timeoutMs: 2_000 }), {
  maxMs: 2_000,
  onFault: (error, attempt) => logger.warn({ err: error, attempt }, 'waiting for CouchDB'),
});

const server = createSyncServer({
  ...config,
  couch,
  logger,
  now,
  newId: () => ulid(),
  process: readLivingProcess(),
  media: createMediaStore({ directory: config.mediaDirectory, maxBytes: config.mediaMaxBytes }),
});

await server.start();
if (config.demo) {
  const secrets = createSecretBox(config.secret);
  await seedDemo({ ...server, secrets, tenantOf: server.tenant, now: () => instant(now()) });
}
const { url } = await server.listen(config);
logger.info({ url }, 'ready');

stopOnSignals(() => server.stop(), logger);

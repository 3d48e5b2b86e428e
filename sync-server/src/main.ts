import { connectCouch } from '@recado/event-store/couch/connect';
import { readLivingProcess } from '@recado/event-store/living-process';
import { retry } from '@recado/event-store/retry';
import { createSecretBox } from '@recado/event-store/secret-box';
import { createMediaStore } from '@recado/media-store/media-store';
import { instant } from '@recado/domain/time';
import { setTimeout as delay } from 'node:timers/promises';
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

let stopping = false;
const stop = async (signal: string): Promise<void> => {
  if (stopping) return;
  stopping = true;
  logger.info({ signal }, 'stopping');
  // What is under way may end; what hangs, on a store that is gone, may not keep the process.
  const late = delay(15_000).then(() => Promise.reject(new Error('not stopped in 15 s')));
  const code = await Promise.race([server.stop(), late]).then(
    () => 0,
    (error: unknown) => {
      logger.error({ err: error }, 'did not stop cleanly');
      return 1;
    },
  );
  process.exit(code);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal));

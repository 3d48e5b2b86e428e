import { pino } from 'pino';
import { readConfig } from './config.ts';
import { startEmbeddedCouchdb } from './server.ts';

const logger = pino({ name: 'embedded-couchdb' });

try {
  const { directory, port } = readConfig();
  const couchdb = await startEmbeddedCouchdb({ directory, port, logger });
  logger.info({ url: couchdb.url, directory }, 'ready');

  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    couchdb.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  logger.fatal({ err: error, code: (error as { code?: string }).code }, 'cannot start');
  process.exitCode = 1;
}

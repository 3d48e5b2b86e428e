import { pino } from 'pino';
import { join } from 'node:path';
import { readConfig } from './config.ts';
import { openJournal } from './phone/journal.ts';
import { openMediaFolder } from './phone/media-folder.ts';
import { startSimulator } from './start-simulator.ts';

const config = readConfig();
const logger = pino({ name: 'simulator', level: config.logLevel });
const journal = openJournal(config.dataDirectory, logger);
const mediaArchive = openMediaFolder(join(config.dataDirectory, 'media'));
const { url, stop } = await startSimulator({ ...config, journal, mediaArchive, logger });
logger.info({ url, webhooks: config.webhookUrl }, 'simulator ready');

const end = async () => {
  await stop();
  await journal.close();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());

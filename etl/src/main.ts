import { stopOnSignals } from '@recado/event-store/stop-on-signals';
import { pino } from 'pino';
import { readEtlConfig } from './config.ts';
import { startEtlService } from './etl-service.ts';

const config = readEtlConfig();
const logger = pino({ name: config.servesReports ? 'analytics+etl' : 'etl', level: config.logLevel });
const service = await startEtlService({ config, logger, now: Date.now });
logger.info({ url: service.url, reports: config.servesReports }, 'etl is ready');
stopOnSignals(() => service.stop(), logger);

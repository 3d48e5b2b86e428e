import { internalToken } from '@recado/domain/access/internal-token';
import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createAnalyticsApp } from './app.ts';
import { readAnalyticsConfig } from './config.ts';
import { connectWarehouse } from './connect.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import { stopOnSignals } from './stop-on-signals.ts';

/** The report API over a ClickHouse server. Over chDB it is part of `etl/src/main.ts`, which owns the directory. */
const config = readAnalyticsConfig();
const logger = pino({ name: 'analytics', level: config.logLevel });
if ('directory' in config.warehouse) {
  logger.fatal(
    'without CLICKHOUSE_URL the warehouse is chDB, which one process owns: start etl/src/main.ts instead',
  );
  process.exit(1);
}

const warehouse = await connectWarehouse(config.warehouse);
await migrate(warehouse);
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const app = createAnalyticsApp({ warehouse, token: internalToken(config.secret), logger, registry });
const served = await serve(app, config);
logger.info({ url: served.url }, 'analytics is ready');

stopOnSignals(async () => {
  await served.stop();
  await warehouse.close();
}, logger);

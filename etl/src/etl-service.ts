import { createAnalyticsApp } from '@recado/analytics/app';
import { connectWarehouse } from '@recado/analytics/connect';
import { migrate } from '@recado/analytics/migrate';
import { serve } from '@recado/analytics/serve';
import { internalToken } from '@recado/domain/access/internal-token';
import type { Clock } from '@recado/domain/time';
import { connectCouch } from '@recado/event-store/couch/connect';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EtlConfig } from './config.ts';
import { createEtl } from './etl.ts';
import { createLoadMetrics } from './load-metrics.ts';
import { createRebuildJob, rebuildRoutes } from './rebuild-job.ts';
import { rebuild } from './rebuild.ts';
import { readTenants } from '@recado/event-store/tenants';
import { watchTenants } from './watch-tenants.ts';

export interface EtlService {
  url: string;
  /** Everything stored at the time of the call is loaded, of the tenants known by then. */
  settled(): Promise<void>;
  tenants(): string[];
  stop(): Promise<void>;
}

/**
 * The load of the whole installation, with the internal API beside it: health, metrics, rebuild and quarantine, and,
 * over chDB, the reports. (Over a ClickHouse server the same report routes are served by `analytics/src/main.ts`.)
 */
export async function startEtlService(deps: {
  config: EtlConfig;
  logger: Logger;
  now: Clock;
  tenantsEveryMs?: number;
}): Promise<EtlService> {
  const { config, logger, now, tenantsEveryMs } = deps;
  const couch = connectCouch({ url: config.couchUrl });
  const warehouse = await connectWarehouse(config.warehouse);
  await migrate(warehouse);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const storeOf = (tenant: string) => createCouchEventStore({ couch, tenant, logger });
  const etl = createEtl({ warehouse, now, logger, metrics: createLoadMetrics(registry) });
  const job = createRebuildJob({
    logger,
    async run(options) {
      const tenants = await readTenants(couch);
      return rebuild({
        warehouse,
        stores: new Map(tenants.map((tenant) => [tenant, storeOf(tenant)])),
        ...options,
      });
    },
  });
  const app = createAnalyticsApp({
    warehouse,
    token: internalToken(config.secret),
    logger,
    registry,
    extend: rebuildRoutes(job),
  });
  const served = await serve(app, config);
  const watch = watchTenants({
    couch,
    logger,
    everyMs: tenantsEveryMs,
    onTenant(tenant) {
      if (!etl.tenants().includes(tenant)) etl.follow(tenant, storeOf(tenant));
    },
  });

  return {
    url: served.url,
    settled: () => etl.settled(),
    tenants: () => etl.tenants(),
    async stop() {
      await watch.stop();
      await served.stop();
      await job.stop();
      await etl.stop();
      await warehouse.close();
    },
  };
}

import type { TenantSettings } from '@recado/domain/settings/settings';
import type { Clock } from '@recado/domain/time';
import type { SecretBox } from '@recado/event-store/secret-box';
import type { MediaStore } from '@recado/media-store/media-store';
import type Koa from 'koa';
import { createApp } from './http/app.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { Logger } from './logger.ts';
import type { GraphClient } from './meta/graph-client.ts';
import { createMetaRoutes } from './meta/routes.ts';
import type { RateLimitOptions } from './outbox/rate-limits.ts';
import { createReceiveWebhook } from './receive/receive-webhook.ts';
import { createNumberDirectory } from './settings/number-directory.ts';
import { startTenant, type Tenant } from './tenant/tenant.ts';
import type { TenantStores } from './tenant/tenant-stores.ts';

export interface IngestDeps {
  /** Ids of the tenants to serve. @throws StoreUnavailable. */
  listTenants: () => Promise<string[]>;
  openStores: (tenant: string) => Promise<TenantStores>;
  /** Files, by the hash of their bytes: one store for all tenants, shared with who serves them to devices. */
  media: MediaStore;
  /** Answers when the stores do. @throws when they do not. */
  ready: () => Promise<void>;
  graph: GraphClient;
  secretBox: SecretBox;
  logger: Logger;
  clock: Clock;
  newId: () => string;
  random: () => number;
  holder: string;
  rateLimits?: RateLimitOptions;
  /** Time between two looks for new tenants, ms; default 2,000. */
  listEveryMs?: number;
}

export interface Ingest {
  app: Koa;
  metrics: Metrics;
  tenant(id: string): Tenant | undefined;
  /** Serves the tenants there are, and from then on those that come. @throws when a tenant cannot be started. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createIngest(deps: IngestDeps): Ingest {
  const { listTenants, openStores, ready, secretBox, logger, listEveryMs = 2_000 } = deps;
  const metrics = createMetrics();
  const tenants = new Map<string, Tenant>();
  let listing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const numbers = createNumberDirectory({
    secretBox,
    onUnreadable(tenant, numberId) {
      metrics.alerts.inc({ alert: 'secret_unreadable' });
      logger.error({ tenant, numberId }, 'the secrets of this number were sealed with another RECADO_SECRET');
    },
  });
  const receive = createReceiveWebhook({
    numbers,
    receiverOf(id) {
      const tenant = tenants.get(id);
      return tenant && { apply: tenant.apply, park: tenant.parking.park };
    },
    onUpdate(kind, outcome, reason) {
      metrics.updates.inc({ kind, outcome });
      if (reason !== undefined) metrics.parked.inc({ reason });
    },
    onDefect(error, kind) {
      metrics.alerts.inc({ alert: 'defect' });
      logger.error({ err: error, kind }, 'an update could not be applied and was parked');
    },
  });

  const startOne = async (id: string): Promise<void> => {
    const stores = await openStores(id);
    try {
      const onSettings = (settings: TenantSettings): void =>
        numbers.replace(id, Object.values(settings.numbers));
      const tenant = await startTenant({ ...deps, tenant: id, stores, metrics, onSettings });
      tenants.set(id, tenant);
      metrics.tenants.set(tenants.size);
      logger.info({ tenant: id }, 'tenant started');
    } catch (error) {
      await stores.close();
      throw error;
    }
  };

  const list = async (): Promise<void> => {
    for (const id of await listTenants()) if (!stopped && !tenants.has(id)) await startOne(id);
  };

  const listAgain = (): void => {
    listing = list()
      .catch((error: unknown) => logger.warn({ err: error }, 'tenants could not be listed or started'))
      .finally(() => {
        if (!stopped) timer = setTimeout(listAgain, listEveryMs);
      });
  };

  return {
    app: createApp({ routes: createMetaRoutes({ numbers, receive }), metrics, logger, ready }),
    metrics,
    tenant: (id) => tenants.get(id),
    async start() {
      await list();
      timer = setTimeout(listAgain, listEveryMs);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await listing;
      await Promise.all([...tenants.values()].map((tenant) => tenant.stop()));
      tenants.clear();
    },
  };
}

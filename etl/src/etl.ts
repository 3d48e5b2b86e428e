import type { Warehouse } from '@recado/analytics/warehouse';
import type { Clock } from '@recado/domain/time';
import type { EventStore } from '@recado/event-store/event-store';
import { follow } from '@recado/event-store/follow';
import type { Follower } from '@recado/event-store/ports';
import type { Logger } from 'pino';
import { createLoadFeed, type LoadSizes } from './load-feed.ts';
import type { LoadMetrics } from './load-metrics.ts';
import { createLoader } from './loader.ts';
import { createWarehouseCheckpoints } from './warehouse-checkpoints.ts';

export interface EtlDeps {
  warehouse: Warehouse;
  now: Clock;
  logger: Logger;
  metrics?: LoadMetrics;
  /** How long rows may wait for others before they are inserted, ms; default 250. */
  flushEveryMs?: number;
  sizes?: LoadSizes;
  checkpointEveryMs?: number;
}

export interface Etl {
  /** Loads this tenant from its checkpoint on, and goes on until `stop`. A tenant that is followed already stays so. */
  follow(tenant: string, store: EventStore): void;
  tenants(): string[];
  /** Everything that was stored at the time of the call is loaded. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Events → rows → warehouse, for each tenant.
 *
 *   store ─► load feed (rows, one batch ahead) ─► loader (batches of all tenants) ─► checkpoint
 *
 * The checkpoint is saved after the load. Everything before it may be repeated: rows replace themselves.
 */
export function createEtl(deps: EtlDeps): Etl {
  const { warehouse, now, logger, metrics, flushEveryMs, sizes, checkpointEveryMs = 1_000 } = deps;
  const followers = new Map<string, Follower>();
  const loader = createLoader({
    warehouse,
    flushEveryMs,
    onRefused: (table, refused) => {
      metrics?.refused(table, refused.length);
      logger.error(
        { table, count: refused.length, detail: refused[0]?.detail },
        'rows were refused and quarantined',
      );
    },
  });

  return {
    follow(tenant, store) {
      if (followers.has(tenant)) return;
      const checkpoints = createWarehouseCheckpoints({ warehouse, tenant, now });
      const follower = follow({
        store: createLoadFeed({ store, tenant, sizes }),
        checkpoints,
        name: 'etl',
        checkpointEveryMs,
        async handle(_commits, _position, { load }) {
          await loader.load(load);
          checkpoints.loaded(load.committedAt.reduce((until, at) => (at > until ? at : until), ''));
          metrics?.loaded(tenant, load, now());
        },
        onError(error, attempt) {
          metrics?.fault(tenant);
          logger.warn({ err: error, tenant, attempt }, 'the load failed and is tried again');
        },
      });
      followers.set(tenant, follower);
      logger.info({ tenant }, 'loading into the warehouse');
    },
    tenants: () => [...followers.keys()],
    async settled() {
      await Promise.all([...followers.values()].map((follower) => follower.settled()));
    },
    async stop() {
      // Followers wait for the batch in hand, which waits for the loader: together, so that neither waits in vain.
      const stopping = Promise.all([...followers.values()].map((follower) => follower.stop()));
      await loader.stop();
      await stopping;
    },
  };
}

import {
  identitiesDatabase,
  rememberedRevisions,
  timersDatabase,
  workDatabase,
} from '@recado/domain/databases';
import type { Clock } from '@recado/domain/time';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import { createCheckpoints } from '@recado/event-store/checkpoints';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import type { EventStore } from '@recado/event-store/event-store';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { createLeases } from '@recado/event-store/lease';
import type { LivingProcess } from '@recado/event-store/living-process';
import type { Checkpoints, Leases, Snapshots, Timers } from '@recado/event-store/ports';
import { createSnapshots } from '@recado/event-store/snapshots';
import { createTimers } from '@recado/event-store/timers';
import { createIdentities, type Identities } from '../contacts/identities.ts';
import type { Logger } from '../logger.ts';

/** Everything of one tenant that is stored. */
export interface TenantStores {
  store: EventStore;
  identities: Identities;
  timers: Timers;
  checkpoints: Checkpoints;
  snapshots: Snapshots;
  leases: Leases;
  /** Waits for the appends under way. */
  close(): Promise<void>;
}

/** Opens a tenant's databases on CouchDB, making those that are missing. @throws StoreUnavailable. */
export async function openTenantStores(deps: {
  couch: CouchConnection;
  tenant: string;
  clock: Clock;
  logger: Logger;
  /** This process, as those of this machine may tell whether it lives. */
  process?: LivingProcess;
}): Promise<TenantStores> {
  const { couch, tenant, clock, logger } = deps;
  await installEventsDatabase(couch, tenant);
  await Promise.all(
    [identitiesDatabase(tenant), timersDatabase(tenant), workDatabase(tenant)].map((name) =>
      couch.ensureDatabase(name, { q: 1, revsLimit: rememberedRevisions }),
    ),
  );
  const store = createCouchEventStore({ couch, tenant, logger });
  const work = couch.database(workDatabase(tenant));
  return {
    store,
    identities: createIdentities({ database: couch.database(identitiesDatabase(tenant)) }),
    timers: createTimers({ database: couch.database(timersDatabase(tenant)) }),
    checkpoints: createCheckpoints({ database: work }),
    snapshots: createSnapshots({ database: work }),
    leases: createLeases({ database: work, clock, process: deps.process }),
    close: () => store.stop(),
  };
}

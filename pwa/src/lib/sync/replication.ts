import { replicateCouchDB } from 'rxdb/plugins/replication-couchdb';
import type { RxCollection } from 'rxdb/plugins/core';
import { createConnection, type ConnectionDeps } from './connection.ts';
import { settleCommands } from './settle-commands.ts';
import { createSyncFetch } from './sync-fetch.ts';
import type { LocalDatabase } from './database.ts';

/**
 * Largest push: a text of 4,096 code units, each escaped as `\uXXXX` at worst, is 24 kB; thirty such commands and
 * their envelopes stay under the gateway's body limit of 1 MB. A batch over it would be retried for ever.
 */
export const pushBatch = 30;
const pullBatch = 500;

export interface ReplicationDeps extends ConnectionDeps {
  database: LocalDatabase;
  base: string;
  /** Part of RxDB's checkpoint: under a new epoch or person everything is pulled afresh. */
  identity: { tenant: string; userId: string; epoch: number };
}

export type Replication = ReturnType<typeof startReplication>;

/** Replicates all collections that the database has. One tab does so for all: the one RxDB elects. */
export function startReplication({ database, base, identity, ...deps }: ReplicationDeps) {
  const connection = createConnection(deps);
  const fetch = createSyncFetch({ connection, base, epoch: identity.epoch });
  const name = `recado-${identity.tenant}-${identity.userId}-e${identity.epoch}`;

  const collections: Array<[string, RxCollection]> = Object.entries(database.collections).filter(
    ([collection]) => collection !== 'local',
  );
  const states = collections.map(([collection, rxCollection]) =>
    replicateCouchDB({
      collection: rxCollection,
      replicationIdentifier: `${name}-${collection}`,
      url: `${base}/${collection}/`,
      fetch,
      live: true,
      // Waiting is the connection's affair.
      retryTime: 500,
      toggleOnDocumentVisible: false,
      pull: { batchSize: pullBatch },
      ...(collection === 'cmd' ? { push: { batchSize: pushBatch } } : {}),
    }),
  );
  const settling = settleCommands({
    database,
    connection,
    address: `${base}/cmd/_all_docs?epoch=${identity.epoch}`,
    wait: deps.wait,
    leading: database.waitForLeadership(),
  });

  return {
    probe: connection.probe,
    /** The first pull of every collection is done. */
    async initial(): Promise<void> {
      await Promise.all(states.map((state) => state.awaitInitialReplication()));
    },
    async stop(): Promise<void> {
      connection.stop();
      await Promise.all([settling, ...states.map((state) => state.cancel())]);
    },
  };
}

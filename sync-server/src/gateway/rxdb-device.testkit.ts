import {
  documentSchemas,
  type CmdDoc,
  type Collection,
  type DocumentOf,
} from '@recado/domain/wire/documents';
import { createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import { replicateCouchDB, type RxCouchDBReplicationState } from 'rxdb/plugins/replication-couchdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { z } from 'zod';
import type { Device } from '../sync-server.testkit.ts';

/** A device as the interface is one: RxDB with its CouchDB plugin and a validator, on memory. */
export interface RxDevice {
  database: RxDatabase;
  collection<Name extends Collection>(name: Name): RxCollection<DocumentOf[Name]>;
  replicate(name: Collection, options?: ReplicateOptions): RxCouchDBReplicationState<object>;
  /** Ids of the documents that a person would see. */
  ids(name: Collection): Promise<string[]>;
  command(command: Partial<CmdDoc> & Pick<CmdDoc, 'n' | 'type' | 'target' | 'data'>): Promise<string>;
  close(): Promise<void>;
}

export interface ReplicateOptions {
  push?: boolean;
  epoch?: number;
  fetch?: typeof fetch;
  batchSize?: number;
}

export async function createRxDevice(
  session: Device,
  { deviceId = 'device-001', url }: { deviceId?: string; url: string },
): Promise<RxDevice> {
  const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });
  const database = await createRxDatabase({
    name: `device${crypto.randomUUID().replaceAll('-', '')}`,
    storage,
    multiInstance: false,
  });
  const names = Object.keys(documentSchemas) as Collection[];
  await database.addCollections(Object.fromEntries(names.map((name) => [name, { schema: rxSchema(name) }])));
  const replications: RxCouchDBReplicationState<object>[] = [];

  const withCookie: typeof fetch = (input, init = {}) =>
    fetch(input, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), cookie: session.cookie },
    });

  const collection = <Name extends Collection>(name: Name) =>
    database.collections[name] as unknown as RxCollection<DocumentOf[Name]>;
  return {
    database,
    collection,
    replicate(name, { push = name === 'cmd', epoch = 1, batchSize = 50, ...options } = {}) {
      const through = options.fetch ?? withCookie;
      const replication = replicateCouchDB({
        replicationIdentifier: `${name}-e${epoch}`,
        collection: database.collections[name] as RxCollection<object>,
        url: `${url}/sync/${name}/`,
        fetch: (input: string, init?: RequestInit) =>
          through(input, {
            ...init,
            headers: {
              ...(init?.headers as Record<string, string>),
              cookie: session.cookie,
              'x-recado-epoch': String(epoch),
            },
          }),
        live: true,
        retryTime: 100,
        waitForLeadership: false,
        pull: { batchSize },
        ...(push ? { push: { batchSize } } : {}),
      } as Parameters<typeof replicateCouchDB>[0]) as RxCouchDBReplicationState<object>;
      replications.push(replication);
      return replication;
    },
    ids: async (name) => (await collection(name).find().exec()).map((doc) => doc.primary).sort(),
    async command({ n, ...command }) {
      const id = `cmd.${deviceId}.${String(n).padStart(8, '0')}`;
      await collection('cmd').insert({
        id,
        deviceId,
        n,
        after: null,
        createdAt: new Date().toISOString(),
        seen: null,
        status: 'pending',
        ...command,
      });
      return id;
    },
    async close() {
      await Promise.all(replications.map((replication) => replication.cancel()));
      await database.close();
    },
  };
}

function rxSchema(name: Collection): RxJsonSchema<object> {
  const {
    $schema: _dialect,
    additionalProperties: _closed,
    ...schema
  } = z.toJSONSchema(documentSchemas[name]) as Record<string, unknown>;
  return { ...schema, version: 0, primaryKey: 'id' } as unknown as RxJsonSchema<object>;
}

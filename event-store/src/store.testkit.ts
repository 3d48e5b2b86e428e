import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCouch, type CouchConnection } from './couch/connect.ts';

export interface TestStore {
  couchUrl: string;
  couch: CouchConnection;
  /** A tenant id that no other test uses; its databases are deleted by `stop`. */
  newTenant(): string;
  stop(): Promise<void>;
}

/**
 * A store for tests: the embedded one in a temporary folder, or, when COUCHDB_URL is set, that server, of which
 * only the databases of this kit's tenants are touched.
 */
export async function startTestStore(): Promise<TestStore> {
  const server = await startServer();
  const couch = connectCouch({ url: server.url });
  const tenants: string[] = [];
  return {
    couchUrl: server.url,
    couch,
    newTenant() {
      const tenant = `t${Date.now().toString(36)}${crypto.randomUUID().slice(0, 8)}`;
      tenants.push(tenant);
      return tenant;
    },
    async stop() {
      for (const tenant of tenants) {
        for (const name of await couch.databaseNames(`recado-${tenant}-`)) await couch.destroyDatabase(name);
      }
      await server.stop();
    },
  };
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['COUCHDB_URL'];
  if (given) return { url: given, stop: async () => undefined };
  const { startEmbeddedCouchdb } = await import('@recado/embedded-couchdb/server');
  const directory = await mkdtemp(join(tmpdir(), 'recado-store-'));
  const embedded = await startEmbeddedCouchdb({ directory, port: 0 });
  return {
    url: embedded.url,
    async stop() {
      await embedded.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

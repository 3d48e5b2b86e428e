import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectWarehouse } from './connect.ts';
import { migrate } from './migrate.ts';
import type { Warehouse } from './warehouse.ts';

export interface TestWarehouse {
  warehouse: Warehouse;
  /** An empty database of its own on the same engine, with the newest schema. */
  fresh(): Promise<Warehouse>;
  stop(): Promise<void>;
}

/**
 * A warehouse for tests: chDB in a temporary folder, or, when CLICKHOUSE_URL is set, databases of its own on that
 * server, dropped at the end. chDB opens one directory for each process, so a test file starts one.
 */
export async function startTestWarehouse(): Promise<TestWarehouse> {
  const url = process.env['CLICKHOUSE_URL'];
  const directory = await mkdtemp(join(tmpdir(), 'recado-chdb-'));
  const engine = await connectWarehouse(url ? { url } : { directory });
  const databases: string[] = [];
  const fresh = async (): Promise<Warehouse> => {
    const database = `recado_test_${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`;
    databases.push(database);
    const warehouse = engine.beside(database);
    await migrate(warehouse);
    return warehouse;
  };
  return {
    warehouse: await fresh(),
    fresh,
    async stop() {
      for (const database of databases) {
        await engine.beside(database).command('DROP DATABASE IF EXISTS {db:Identifier} SYNC');
      }
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

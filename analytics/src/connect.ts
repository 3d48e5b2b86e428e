import { createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { mkdir } from 'node:fs/promises';
import { createWarehouse, type Warehouse } from './warehouse.ts';

/**
 * One client, two engines: a ClickHouse server over HTTP, or the same engine in this process (chDB).
 * chDB's directory belongs to one process, and a process can open one directory.
 */
export type WarehouseLocation = { url: string } | { directory: string };

const settings: ClickHouseSettings = {
  date_time_input_format: 'best_effort',
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  // Partitions are chosen so that a row is always replaced where it lies.
  do_not_merge_across_partitions_select_final: 1,
};

const defaultDatabase = 'recado';

/** The database is the path of the URL (`http://user:password@host:8123/recado`), else `recado`. */
export async function connectWarehouse(location: WarehouseLocation): Promise<Warehouse> {
  if ('url' in location) {
    const url = new URL(location.url);
    const database = url.pathname.replaceAll('/', '') || defaultDatabase;
    url.pathname = '';
    const client = createClient({ url, clickhouse_settings: settings, request_timeout: 60_000 });
    return createWarehouse(client, database);
  }
  await mkdir(location.directory, { recursive: true });
  const connection = createChdbConnection({ path: location.directory });
  // The option is not in the client's public types; chDB documents it.
  const options = { connection, clickhouse_settings: settings } as Parameters<typeof createClient>[0];
  const client: ClickHouseClient = createClient(options);
  return createWarehouse(client, defaultDatabase);
}

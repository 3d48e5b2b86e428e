import { createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { mkdir } from 'node:fs/promises';
import { createWarehouse, sentAsWritten, type Warehouse } from './warehouse.ts';

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
  // The engine's default since 26: it would gather rows once more, which the loader has done, and wait for others.
  async_insert: 0,
  // Rows come in inserts of some megabytes: one thread reads them, the others are needed elsewhere.
  input_format_parallel_parsing: 0,
};

const defaultDatabase = 'recado';

/** The database is the path of the URL (`http://user:password@host:8123/recado`), else `recado`. */
export async function connectWarehouse(location: WarehouseLocation): Promise<Warehouse> {
  if ('url' in location) {
    const url = new URL(location.url);
    const database = url.pathname.replaceAll('/', '') || defaultDatabase;
    url.pathname = '';
    const client = createClient({
      url,
      clickhouse_settings: settings,
      request_timeout: 60_000,
      ...sentAsWritten,
    });
    return createWarehouse({ reader: client, writer: client }, database);
  }
  await mkdir(location.directory, { recursive: true });
  const reader = await connectChdb(location.directory);
  const writer = await connectChdb(location.directory);
  return createWarehouse({ reader, writer }, defaultDatabase);
}

/**
 * One connection does one thing at a time: with two, a report does not wait for the inserts before it.
 * Settings are set once. Given with each statement, chDB writes them before it as text, and reads the whole
 * statement, rows and all, again for each of them: that was half the cost of an insert.
 */
async function connectChdb(path: string): Promise<ClickHouseClient> {
  const connection = createChdbConnection({ path });
  for (const [name, value] of Object.entries(settings)) {
    await connection.chdb.queryAsync(`SET ${name} = ${typeof value === 'number' ? value : `'${value}'`}`);
  }
  // The option is not in the client's public types; chDB documents it.
  return createClient({ connection, ...sentAsWritten } as Parameters<typeof createClient>[0]);
}

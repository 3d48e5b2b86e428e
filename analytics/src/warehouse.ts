import type { ClickHouseClient } from '@clickhouse/client';
import { assert } from '@recado/domain/must';

export type Parameters = Record<string, string | number | boolean | null>;

/** One database of the warehouse. Every statement binds its parameters; `{db:Identifier}` is always among them. */
export interface Warehouse {
  database: string;
  /** @throws ClickHouseError and network faults of the client, to be retried by who loads, told by who reports. */
  query<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  command(sql: string, parameters?: Parameters): Promise<void>;
  /** Durable when resolved. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** False when the engine does not answer. */
  ping(): Promise<boolean>;
  /** The same engine, another database. */
  beside(database: string): Warehouse;
  close(): Promise<void>;
}

const identifier = /^[a-z][a-z0-9_]{0,63}$/;

export function createWarehouse(client: ClickHouseClient, database: string): Warehouse {
  assert(identifier.test(database), `unsafe database name: ${database}`);
  const bound = (parameters: Parameters = {}) => ({ ...parameters, db: database });
  return {
    database,
    async query<Row>(sql: string, parameters?: Parameters) {
      const result = await client.query({
        query: sql,
        query_params: bound(parameters),
        format: 'JSONEachRow',
      });
      return result.json<Row>();
    },
    async command(sql, parameters) {
      await client.command({ query: sql, query_params: bound(parameters) });
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      await client.insert({ table: `${database}.${table}`, values: rows, format: 'JSONEachRow' });
    },
    async ping() {
      try {
        await client.query({ query: 'SELECT 1', format: 'JSONEachRow' }).then((result) => result.text());
        return true;
      } catch {
        return false;
      }
    },
    beside: (other) => createWarehouse(client, other),
    close: () => client.close(),
  };
}

import type { ClickHouseClient } from '@clickhouse/client';
import { assert } from '@recado/domain/must';
import { writeRows, type WrittenRows } from './written-rows.ts';

export type Parameters = Record<string, string | number | boolean | null>;

/** One database of the warehouse. Every statement binds its parameters; `{db:Identifier}` is always among them. */
export interface Warehouse {
  database: string;
  /** @throws ClickHouseError and network faults of the client, to be retried by who loads, told by who reports. */
  query<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  command(sql: string, parameters?: Parameters): Promise<void>;
  /** Durable when resolved. The rows have the columns of the first. */
  insert(table: string, rows: readonly object[] | WrittenRows): Promise<void>;
  /** False when the engine does not answer. */
  ping(): Promise<boolean>;
  /** The same engine, another database. */
  beside(database: string): Warehouse;
  close(): Promise<void>;
}

const identifier = /^[a-z][a-z0-9_]{0,63}$/;

/** What the clients must be made with: rows come to them as JSON already, which is sent as it is. */
export const sentAsWritten = {
  json: {
    stringify: (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)),
  },
};

/** Two clients of one engine, so that reports and inserts need not wait for each other; they may be the same. */
export interface WarehouseClients {
  reader: ClickHouseClient;
  writer: ClickHouseClient;
}

export function createWarehouse(clients: WarehouseClients, database: string): Warehouse {
  const { reader, writer } = clients;
  assert(identifier.test(database), `unsafe database name: ${database}`);
  const bound = (parameters: Parameters = {}) => ({ ...parameters, db: database });
  return {
    database,
    async query<Row>(sql: string, parameters?: Parameters) {
      const result = await reader.query({
        query: sql,
        query_params: bound(parameters),
        format: 'JSONEachRow',
      });
      return result.json<Row>();
    },
    async command(sql, parameters) {
      await writer.command({ query: sql, query_params: bound(parameters) });
    },
    async insert(table, rows) {
      const { columns, count, text } = 'text' in rows ? rows : writeRows(rows);
      const [first, ...others] = columns;
      if (count === 0 || first === undefined) return;
      await writer.insert({
        table: `${database}.${table}`,
        columns: [first, ...others],
        values: [text],
        format: 'JSONCompactEachRow',
      });
    },
    async ping() {
      try {
        await reader.query({ query: 'SELECT 1', format: 'JSONEachRow' }).then((result) => result.text());
        return true;
      } catch {
        return false;
      }
    },
    beside: (other) => createWarehouse(clients, other),
    async close() {
      await reader.close();
      if (writer !== reader) await writer.close();
    },
  };
}

import { ClickHouseError } from '@clickhouse/client';
import type { Warehouse } from '@recado/analytics/warehouse';
import { readRows } from '@recado/analytics/written-rows';
import { describe, expect, it } from 'vitest';
import { loadOf } from './load.ts';
import { createLoader } from './loader.ts';
import { emptyRows, type Rows } from './transform.ts';

const commit = (version: number): Rows['commits'][number] => ({
  tenant: 'acme',
  stream: 'agent.ana',
  version,
  at: '2026-11-20T10:00:00.000Z',
  events: 1,
  prev: '0'.repeat(64),
  hash: '1'.repeat(64),
});
const loadWith = (...versions: number[]) => loadOf({ ...emptyRows(), commits: versions.map(commit) });

/** A warehouse that keeps what it is given, and refuses or fails as told. */
function keeping(refuse: (row: { version?: number }) => Error | null = () => null) {
  const inserts: { table: string; rows: object[] }[] = [];
  const insert: Warehouse['insert'] = async (table, given) => {
    const rows = 'text' in given ? readRows(given) : given;
    const refusal = rows.map((row) => refuse(row)).find((error) => error !== null);
    if (refusal && table !== 'quarantine') throw refusal;
    if (rows.length > 0) inserts.push({ table, rows: [...rows] });
  };
  return { inserts, warehouse: { insert } as Warehouse };
}

const refused = new ClickHouseError({ message: 'Cannot parse', code: '41', type: 'CANNOT_PARSE_DATETIME' });

describe('the loader', () => {
  it('puts rows that wait together into one insert', async () => {
    const { inserts, warehouse } = keeping();
    const loader = createLoader({ warehouse, flushEveryMs: 5 });
    await Promise.all([loader.load(loadWith(1)), loader.load(loadWith(2)), loader.load(loadWith(3))]);
    expect(inserts.map(({ table, rows }) => [table, rows.length])).toEqual([['commits', 3]]);
  });

  it('does not put together more than one insert should hold', async () => {
    const { inserts, warehouse } = keeping();
    const loader = createLoader({ warehouse, flushEveryMs: 5, rowsPerInsert: 3 });
    await Promise.all([loader.load(loadWith(1, 2)), loader.load(loadWith(3)), loader.load(loadWith(4, 5))]);
    expect(inserts.map(({ rows }) => rows.length)).toEqual([3, 2]);
  });

  it('loads all but the one row that the engine refuses, and quarantines that', async () => {
    const { inserts, warehouse } = keeping((row) => (row.version === 4 ? refused : null));
    const told: number[] = [];
    const onRefused = (_table: string, rows: unknown[]) => told.push(rows.length);
    await createLoader({ warehouse, flushEveryMs: 0, onRefused }).load(loadWith(1, 2, 3, 4, 5, 6, 7));
    const loaded = inserts
      .filter(({ table }) => table === 'commits')
      .flatMap(({ rows }) => rows as { version: number }[]);
    expect(loaded.map(({ version }) => version).sort()).toEqual([1, 2, 3, 5, 6, 7]);
    expect(inserts.find(({ table }) => table === 'quarantine')?.rows).toMatchObject([
      { stream: 'agent.ana', version: 4, reason: 'refused_row', detail: 'commits: CANNOT_PARSE_DATETIME' },
    ]);
    expect(told).toEqual([1]);
  });

  it('gives a fault back to who loads, so that the batch is given again', async () => {
    const { warehouse } = keeping(() => new Error('connection lost'));
    await expect(createLoader({ warehouse, flushEveryMs: 0 }).load(loadWith(1))).rejects.toThrow(
      'connection lost',
    );
    const full = keeping(() => new ClickHouseError({ message: 'full', code: '252', type: 'TOO_MANY_PARTS' }));
    await expect(createLoader({ ...full, flushEveryMs: 0 }).load(loadWith(1))).rejects.toThrow('full');
  });
});

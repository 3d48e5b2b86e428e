import { startTestWarehouse, type TestWarehouse } from '@recado/analytics/warehouse.testkit';
import { writeRows } from '@recado/analytics/written-rows';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertAll } from './refused-rows.ts';

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
});
afterAll(() => engine.stop());

const commit = (version: number, differing: object = {}) => ({
  tenant: 'acme',
  stream: 'agent.ana',
  version,
  at: '2026-11-20T10:00:00.000Z',
  events: 1,
  prev: '0'.repeat(64),
  hash: '1'.repeat(64),
  ...differing,
});

it.each([
  ['a date that is none', { at: 'yesterday' }],
  ['a month that does not exist', { at: '2026-99-99T10:00:00.000Z' }],
  ['a text too long for its column', { hash: '1'.repeat(65) }],
  ['a number that is none', { events: 'many' }],
])('the engine’s refusal of %s is known as one, and costs only that row', async (_name, differing) => {
  const warehouse = await engine.fresh();
  const rows = [1, 2, 3, 4, 5].map((version) => commit(version, version === 3 ? differing : {}));
  const refused = await insertAll(warehouse, 'commits', writeRows(rows));
  expect(refused.map(({ row }) => (row as { version: number }).version)).toEqual([3]);
  const [stored] = await warehouse.query<{ n: number }>('SELECT count() AS n FROM {db:Identifier}.commits');
  expect(stored?.n).toBe(4);
});

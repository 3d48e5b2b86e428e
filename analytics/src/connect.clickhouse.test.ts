import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestWarehouse, type TestWarehouse } from './warehouse.testkit.ts';

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
});
afterAll(() => engine.stop());

it.each([
  ['async_insert', 0],
  ['date_time_output_format', 'iso'],
  ['do_not_merge_across_partitions_select_final', 1],
])('sets %s to %s for what is read and for what is written', async (name, value) => {
  const { warehouse } = engine;
  const setting = `toString(getSetting('${name}')) IN ('${value}', '${value === 1}')`;
  await warehouse.command(
    `CREATE OR REPLACE TABLE {db:Identifier}.written ENGINE = MergeTree ORDER BY () AS SELECT toUInt8(${setting}) AS holds`,
  );
  const holds = `SELECT toUInt8(${setting}) AS holds`;
  expect(await warehouse.query(holds)).toEqual([{ holds: 1 }]);
  expect(await warehouse.query('SELECT holds FROM {db:Identifier}.written')).toEqual([{ holds: 1 }]);
});

it('reads what was written the moment before', async () => {
  const { warehouse } = engine;
  await warehouse.command('CREATE TABLE {db:Identifier}.seen (n UInt32) ENGINE = MergeTree ORDER BY n');
  for (let n = 1; n <= 20; n++) {
    await warehouse.insert('seen', [{ n }]);
    expect(await warehouse.query('SELECT max(n) AS n FROM {db:Identifier}.seen')).toEqual([{ n }]);
  }
});

it('puts each value into its own column, whatever order a row names them in', async () => {
  const { warehouse } = engine;
  await warehouse.command(
    'CREATE TABLE {db:Identifier}.pairs (a String, b Nullable(String)) ENGINE = MergeTree ORDER BY a',
  );
  await warehouse.insert('pairs', [
    { a: '1', b: 'x' },
    { b: 'y', a: '2' },
    { a: '3', b: null },
  ]);
  expect(await warehouse.query('SELECT a, b FROM {db:Identifier}.pairs ORDER BY a')).toEqual([
    { a: '1', b: 'x' },
    { a: '2', b: 'y' },
    { a: '3', b: null },
  ]);
});

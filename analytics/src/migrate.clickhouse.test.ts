import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { loadedTables } from './tables.ts';
import { startTestWarehouse, type TestWarehouse } from './warehouse.testkit.ts';

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
});
afterAll(() => engine.stop());

it('applies each migration once', async () => {
  expect(await migrate(engine.warehouse)).toEqual([]);
  const names = await engine.warehouse.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = {db:String} ORDER BY name',
  );
  expect(names.map(({ name }) => name)).toEqual(
    expect.arrayContaining([...loadedTables, 'checkpoints', 'conversations']),
  );
});

it('refuses a migration that was changed after it had been applied', async () => {
  const warehouse = await engine.fresh();
  await warehouse.insert('migrations', [
    { name: '0001-events.sql', checksum: 'another', applied_at: '2030-01-01T00:00:00.000Z' },
  ]);
  await warehouse.command('OPTIMIZE TABLE {db:Identifier}.migrations FINAL');
  await expect(migrate(warehouse)).rejects.toThrow('0001-events.sql was changed');
});

it('has a script for a read-only user that the engine can parse', async () => {
  const script = await readFile(new URL('../read-only-user.sql', import.meta.url), 'utf8');
  const statements = script
    .split(/;\s*$/m)
    .filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');
  expect(statements.length).toBeGreaterThan(3);
  for (const statement of statements) {
    await engine.warehouse.query('SELECT formatQuery({statement:String})', { statement });
  }
});

import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { Warehouse } from './warehouse.ts';

const folder = new URL('./migrations/', import.meta.url);

/**
 * Brings the warehouse to the newest schema: each numbered file once, in order, recorded in `migrations`.
 * Statements are `IF NOT EXISTS` or `OR REPLACE`: a crash between a statement and its record repeats it harmlessly.
 * @throws when a file that was applied has been changed since: write a new one instead.
 */
export async function migrate(warehouse: Warehouse): Promise<string[]> {
  await warehouse.command('CREATE DATABASE IF NOT EXISTS {db:Identifier}');
  await warehouse.command(`CREATE TABLE IF NOT EXISTS {db:Identifier}.migrations
    (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
    ENGINE = ReplacingMergeTree ORDER BY name`);
  const rows = await warehouse.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM {db:Identifier}.migrations FINAL',
  );
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const fresh: string[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8');
    const checksum = createHash('sha256').update(text).digest('hex');
    const known = applied.get(name);
    if (known === checksum) continue;
    if (known !== undefined) throw new Error(`migration ${name} was changed after it had been applied`);
    for (const statement of statementsOf(text)) {
      await warehouse.command(statement.replaceAll('{database}', warehouse.database));
    }
    await warehouse.insert('migrations', [{ name, checksum }]);
    fresh.push(name);
  }
  return fresh;
}

/** Statements end with a semicolon at the end of a line. Comments stay with the statement that they precede. */
const statementsOf = (text: string): string[] =>
  text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');

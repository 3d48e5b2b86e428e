import { startTestWarehouse, type TestWarehouse } from '@recado/analytics/warehouse.testkit';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { definitionsVersion } from '@recado/domain/metrics/definitions';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEtl } from './etl.ts';
import { generateMonth } from './generated-month.testkit.ts';

/** docs/metrics.md promises that its examples run: they do here, on a month of data. */
const text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/\n([^\n]+):\n\n```sql\n([\s\S]*?)```/g)].map(
  ([, name, sql]) => [name, sql] as const,
);

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
  const store = createMemoryEventStore();
  for (const { stream, version, prev, at, actor, cause, events } of generateMonth(7, 60).commits) {
    await store.append({ stream, head: { version: version - 1, hash: prev }, at, actor, cause, events });
  }
  await store.append({
    stream: 'agent.ana',
    head: { version: 0, hash: '0'.repeat(64) },
    at: '2026-10-01T12:00:00.000Z',
    actor: { kind: 'agent', id: 'ana' },
    cause: { commandId: 'c1' },
    events: [{ type: 'AgentStatusChanged', data: { agentId: 'ana', status: 'available', reason: 'stated' } }],
  });
  const etl = createEtl({
    warehouse: engine.warehouse,
    now: Date.now,
    logger: pino({ level: 'silent' }),
    flushEveryMs: 5,
  });
  etl.follow('demo', store);
  await etl.settled();
  await etl.stop();
});
afterAll(() => engine.stop());

describe('docs/metrics.md', () => {
  it('has examples, and is of the version that the code has', () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
    expect(text).toContain(`version **${definitionsVersion}**`);
  });

  it.each(examples)('%s', async (_name, sql) => {
    const [stream] = await engine.warehouse.query<{ stream: string }>(
      "SELECT stream FROM {db:Identifier}.event_log WHERE stream LIKE 'conversation.%' LIMIT 1",
    );
    const here = (sql ?? '')
      .replaceAll('recado.', `${engine.warehouse.database}.`)
      .replace('conversation.100000000000001.c1.000001', stream?.stream ?? '');
    expect(await engine.warehouse.query(here)).not.toEqual([]);
  });

  it('names every column that the views have under the names it uses', async () => {
    const columns = await engine.warehouse.query<{ name: string }>(
      "SELECT name FROM system.columns WHERE database = {db:String} AND table = 'conversations'",
    );
    const table = text.slice(text.indexOf('| column | meaning |'), text.indexOf('Besides:'));
    const named = [...table.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name as string);
    const allowed = new Set([...columns.map(({ name }) => name), 'met', 'missed', 'none']);
    expect(named.filter((name) => !allowed.has(name))).toEqual([]);
  });
});

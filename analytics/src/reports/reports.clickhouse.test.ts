import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abandonedRow, conversationRow } from '../fact-rows.testkit.ts';
import type { Warehouse } from '../warehouse.ts';
import { startTestWarehouse, type TestWarehouse } from '../warehouse.testkit.ts';
import { decodeCursor, reportConversations } from './conversations.ts';
import { quarantine } from './quarantine.ts';
import { summary, type SummaryQuery } from './summary.ts';
import { createTimeZones } from './time-zones.ts';

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
});
afterAll(() => engine.stop());

const day = { from: '2026-11-20', to: '2026-11-20', timeZone: 'America/Bogota' };
const scopeOf = (warehouse: Warehouse, shortAbandonMs = 0) => ({ warehouse, tenant: 'acme', shortAbandonMs });
const ask = (warehouse: Warehouse, query: Partial<SummaryQuery> = {}) =>
  summary(scopeOf(warehouse), { ...day, groupBy: 'day', ...query });

describe('summary.sql', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await engine.fresh();
    await warehouse.insert('conversation_facts', [
      conversationRow('a'),
      conversationRow('b', {
        frt_ms: 90_000,
        sla: 'missed',
        queue_id: 'support',
        first_agent_id: 'bruno',
        tmo_ms: null,
      }),
      abandonedRow('c', 100_000),
      abandonedRow('d', 4_000, { number_id: '200' }),
      // An older fold of the same conversation: replaced, not counted.
      conversationRow('a', { version: 2, attended: false, frt_ms: null }),
      // Opened by us, and the customer never wrote.
      conversationRow('e', { received_at: null }),
      conversationRow('f', { tenant: 'other' }),
    ]);
  });

  it('counts each conversation once, by its newest fold', async () => {
    const { totals } = await ask(warehouse);
    expect(totals).toMatchObject({ received: 4, attended: 2, abandoned: 2, abandonmentRate: 0.5, closed: 4 });
    expect(totals.frt).toEqual({ count: 2, mean: 60_000, p50: 90_000, p90: 90_000 });
    expect(totals.tmo).toEqual({ count: 1, mean: 280_000, p50: 280_000, p90: 280_000 });
    expect(totals.sla).toEqual({ met: 1, of: 3, share: 1 / 3 });
  });

  it('leaves out who left before the short-abandon limit', async () => {
    const { totals } = await summary(scopeOf(warehouse, 5_000), { ...day, groupBy: 'day' });
    expect(totals).toMatchObject({ received: 4, abandoned: 1 });
  });

  it.each([
    ['queue', ['sales', 'support']],
    ['agent', ['', 'ana', 'bruno']],
    ['number', ['100', '200']],
    ['day', ['2026-11-20']],
  ] as const)('groups by %s', async (groupBy, keys) => {
    const { rows } = await ask(warehouse, { groupBy });
    expect(rows.map((row) => row.key)).toEqual(keys);
    expect(rows.reduce((count, row) => count + row.received, 0)).toBe(4);
  });

  it('answers an empty period with zeros, and durations that are not known', async () => {
    const { totals, rows, loadedUntil } = await ask(warehouse, { from: '2025-01-01', to: '2025-01-02' });
    expect(rows).toEqual([]);
    expect(totals).toMatchObject({ received: 0, abandonmentRate: null, sla: { met: 0, of: 0, share: null } });
    expect(totals.nrt).toEqual({ count: 0, mean: null, p50: null, p90: null });
    expect(loadedUntil).toBeNull();
  });

  it('ends days at midnight of the asked zone', async () => {
    const around = await engine.fresh();
    await around.insert('conversation_facts', [
      conversationRow('before', { received_at: '2026-11-20T04:59:59.999Z' }),
      conversationRow('first', { received_at: '2026-11-20T05:00:00.000Z' }),
      conversationRow('last', { received_at: '2026-11-21T04:59:59.999Z' }),
      conversationRow('after', { received_at: '2026-11-21T05:00:00.000Z' }),
    ]);
    expect((await ask(around)).totals.received).toBe(2);
    expect((await ask(around, { timeZone: 'UTC' })).totals.received).toBe(2);
    const both = await ask(around, { from: '2026-11-19', to: '2026-11-21' });
    expect(both.rows.map(({ key, received }) => [key, received])).toEqual([
      ['2026-11-19', 1],
      ['2026-11-20', 2],
      ['2026-11-21', 1],
    ]);
  });
});

describe('summary-agents.sql', () => {
  it('credits next responses to who gave them and handling to who did it', async () => {
    const warehouse = await engine.fresh();
    await warehouse.insert('conversation_facts', [
      conversationRow('a', {
        next_response_ms: [10_000, 40_000],
        next_response_agents: ['ana', 'bruno'],
        handling_ms: [60_000, 200_000],
        handling_agents: ['ana', 'bruno'],
        tmo_ms: 260_000,
      }),
    ]);
    const { totals, rows } = await ask(warehouse, { groupBy: 'agent' });
    expect(totals).toMatchObject({
      received: 1,
      nrt: { count: 2, mean: 25_000 },
      tmo: { count: 2, mean: 130_000 },
    });
    expect(rows).toMatchObject([
      { key: 'ana', received: 1, attended: 1, nrt: { p50: 10_000 }, tmo: { p50: 60_000 } },
      { key: 'bruno', received: 0, attended: 0, nrt: { p50: 40_000 }, tmo: { p50: 200_000 } },
    ]);
    const onlyBruno = await ask(warehouse, { agentId: 'bruno' });
    expect(onlyBruno.totals).toMatchObject({
      received: 0,
      nrt: { count: 1, p50: 40_000 },
      tmo: { p50: 200_000 },
    });
  });
});

describe('conversations.sql', () => {
  it('pages without gaps or repetitions where many came in the same millisecond', async () => {
    const warehouse = await engine.fresh();
    const ids = Array.from({ length: 45 }, (_, index) => `tie-${String(index).padStart(2, '0')}`);
    await warehouse.insert(
      'conversation_facts',
      ids.map((id) => conversationRow(id)),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const at = cursor === null ? null : decodeCursor(cursor);
      const page = await reportConversations(
        scopeOf(warehouse),
        { ...day, metric: 'received', limit: 7 },
        at,
      );
      seen.push(...page.items.map((item) => item.conversationId));
      cursor = page.nextCursor;
      pages++;
    } while (cursor !== null);
    expect(pages).toBe(7);
    expect(seen).toEqual([...ids].reverse());
  });

  it('says of each what the list shows', async () => {
    const warehouse = await engine.fresh();
    await warehouse.insert('conversation_facts', [abandonedRow('x', 100_000, { contact_name: null })]);
    const { items, nextCursor } = await reportConversations(
      scopeOf(warehouse),
      { ...day, metric: 'sla_missed', limit: 50 },
      null,
    );
    expect(nextCursor).toBeNull();
    expect(items).toEqual([
      {
        conversationId: 'x',
        contactName: null,
        numberId: '100',
        queueId: 'sales',
        firstAgentId: null,
        receivedAt: '2026-11-20T15:00:00.000Z',
        frtMs: null,
        tmoMs: null,
        customerWaitMs: 0,
        sla: 'missed',
        abandoned: true,
        transfers: 0,
        closedAt: '2026-11-20T15:05:00.000Z',
        closeReason: 'customer_left',
      },
    ]);
  });
});

it('freshness.sql tells up to when the newest checkpoint loaded', async () => {
  const warehouse = await engine.fresh();
  const saved = { tenant: 'acme', name: 'etl', saved_at: '2026-11-20T16:00:00.000Z' };
  await warehouse.insert('checkpoints', [
    { ...saved, position: '9', loaded_until: '2026-11-20T15:59:59.250Z', revision: 2 },
    { ...saved, position: '1', loaded_until: '2026-11-20T10:00:00.000Z', revision: 1 },
  ]);
  expect((await ask(warehouse)).loadedUntil).toBe('2026-11-20T15:59:59.250Z');
});

it('quarantine.sql shows the newest first and tells how many there are', async () => {
  const warehouse = await engine.fresh();
  const row = {
    tenant: 'acme',
    event_index: 0,
    type: 'Odd',
    reason: 'unknown_event',
    detail: 'Odd',
    data: '{}',
  };
  await warehouse.insert('quarantine', [
    { ...row, stream: 'conversation.x', version: 1, at: '2026-11-20T10:00:00.000Z' },
    { ...row, stream: 'conversation.y', version: 2, at: '2026-11-20T11:00:00.000Z' },
    { ...row, stream: 'conversation.y', version: 2, at: '2026-11-20T11:00:00.000Z' },
  ]);
  const { count, items } = await quarantine(warehouse, 'acme', 1);
  expect(count).toBe(2);
  expect(items).toMatchObject([{ stream: 'conversation.y', reason: 'unknown_event' }]);
});

it('time-zones.sql knows zones by their IANA names', async () => {
  const isTimeZone = createTimeZones(engine.warehouse);
  expect(await isTimeZone('America/Bogota')).toBe(true);
  expect(await isTimeZone('Mars/Olympus')).toBe(false);
});

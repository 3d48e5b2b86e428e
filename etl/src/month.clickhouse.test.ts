import { reportConversations, decodeCursor } from '@recado/analytics/reports/conversations';
import { summary } from '@recado/analytics/reports/summary';
import type { Warehouse } from '@recado/analytics/warehouse';
import { startTestWarehouse, type TestWarehouse } from '@recado/analytics/warehouse.testkit';
import type { Commit } from '@recado/domain/commit/commit';
import { reportRowSchema, summarySchema } from '@recado/domain/wire/api';
import { drillDowns, reportGroupings } from '@recado/domain/wire/report-terms';
import type { EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEtl } from './etl.ts';
import { expectedConversations, expectedSummary } from './expected-report.testkit.ts';
import { generateMonth } from './generated-month.testkit.ts';
import { rebuild } from './rebuild.ts';

/** Another seed is another month: RECADO_SEED=… plays it again. */
const seed = Number(process.env['RECADO_SEED'] ?? 20_261_120);
const tenant = 'acme';
const logger = pino({ level: 'silent' });
const month = { from: '2026-10-01', to: '2026-10-31', timeZone: 'America/Bogota' };
const { truths, commits } = generateMonth(seed, 600);

const appendAll = async (store: EventStore, some: readonly Commit[]): Promise<void> => {
  for (const { stream, version, prev, at, actor, cause, events } of some) {
    await store.append({ stream, head: { version: version - 1, hash: prev }, at, actor, cause, events });
  }
};

const loadInto = async (warehouse: Warehouse, store: EventStore): Promise<void> => {
  const etl = createEtl({
    warehouse,
    now: Date.now,
    logger,
    flushEveryMs: 5,
    sizes: { pageCommits: 200, loadCommits: 700 },
    checkpointEveryMs: 0,
  });
  etl.follow(tenant, store);
  await etl.settled();
  await etl.stop();
};

// Whole months are loaded, some three times over: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let engine: TestWarehouse;
beforeAll(async () => {
  engine = await startTestWarehouse();
});
afterAll(() => engine.stop());

type Filters = typeof month & { queueId?: string; agentId?: string; numberId?: string };

async function expectTheWholeTruth(warehouse: Warehouse, filters: Filters = month): Promise<void> {
  const scope = { warehouse, tenant, shortAbandonMs: 0 };
  for (const groupBy of reportGroupings) {
    const report = summarySchema.parse(await summary(scope, { ...filters, groupBy }));
    const expected = expectedSummary(truths, filters, groupBy);
    expect(report.totals, `seed ${seed}, totals of ${groupBy}`).toEqual(expected.totals);
    expect(report.rows, `seed ${seed}, rows by ${groupBy}`).toEqual(expected.rows);
  }
  for (const metric of drillDowns) {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query = { ...filters, metric, limit: 97 };
      const page = await reportConversations(scope, query, cursor === null ? null : decodeCursor(cursor));
      ids.push(...page.items.map((item) => item.conversationId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(ids, `seed ${seed}, conversations ${metric}`).toEqual(
      expectedConversations(truths, filters, metric),
    );
  }
}

describe('a generated month, compared with its own truth', () => {
  let store: EventStore;
  beforeAll(async () => {
    store = createMemoryEventStore();
    await appendAll(store, commits);
    await loadInto(engine.warehouse, store);
  });

  it('has in it what makes figures wrong', () => {
    const { totals } = expectedSummary(truths, month, 'day');
    const row = reportRowSchema.parse(totals);
    const counted = [
      row.abandoned,
      row.transfers,
      row.returns,
      row.reopenings,
      row.nrt.count,
      row.sla.of - row.sla.met,
    ];
    expect(Math.min(...counted)).toBeGreaterThan(10);
    const instants = truths.map((truth) => truth.received);
    expect(new Set(instants).size).toBeLessThan(instants.length - 20); // Ties.
    expect(truths.some((truth) => truth.received === null)).toBe(true);
    expect(truths.some((truth) => truth.handled === null)).toBe(true);
  });

  it('gives every figure, in total and by day, queue, agent and number, and the conversations behind each', () =>
    expectTheWholeTruth(engine.warehouse));

  it.each<[string, Filters]>([
    ['one queue', { ...month, queueId: 'support' }],
    ['one agent', { ...month, agentId: 'bruno' }],
    ['one number', { ...month, numberId: '200' }],
    ['all of them', { ...month, queueId: 'sales', agentId: 'ana', numberId: '100' }],
    ['one day in Bogotá', { from: '2026-10-16', to: '2026-10-16', timeZone: 'America/Bogota' }],
    ['the same day in Tokyo', { from: '2026-10-16', to: '2026-10-16', timeZone: 'Asia/Tokyo' }],
    [
      'days in a zone that changes its clock',
      { from: '2026-10-20', to: '2026-10-28', timeZone: 'Europe/Madrid' },
    ],
    ['a time before everything', { from: '2025-01-01', to: '2025-12-31', timeZone: 'UTC' }],
  ])('gives every figure of %s', (_name, filters) => expectTheWholeTruth(engine.warehouse, filters));

  it('opens from each day exactly the conversations of that day', async () => {
    const scope = { warehouse: engine.warehouse, tenant, shortAbandonMs: 0 };
    const report = await summary(scope, { ...month, groupBy: 'day' });
    for (const { key: day, received } of report.rows) {
      const query = { ...month, day, metric: 'received' as const, limit: 200 };
      expect((await reportConversations(scope, query, null)).items).toHaveLength(received);
    }
  });

  it('gives the same when everything is loaded once more', async () => {
    await engine.warehouse.command('TRUNCATE TABLE {db:Identifier}.checkpoints');
    await loadInto(engine.warehouse, store);
    await expectTheWholeTruth(engine.warehouse);
  });

  it('gives the same after a rebuild, and what no event stands for is gone', async () => {
    const [row] = await engine.warehouse.query<Record<string, unknown>>(
      'SELECT * FROM {db:Identifier}.conversation_facts FINAL WHERE received_at IS NOT NULL LIMIT 1',
    );
    await engine.warehouse.insert('conversation_facts', [{ ...row, conversation_id: 'nobody.knows.000001' }]);
    await expect(expectTheWholeTruth(engine.warehouse)).rejects.toThrow();
    const events = await rebuild({ warehouse: engine.warehouse, stores: new Map([[tenant, store]]) });
    expect(events).toBeGreaterThan(commits.length);
    await expectTheWholeTruth(engine.warehouse);
  });

  it('gives another tenant nothing', async () => {
    const { totals } = await summary(
      { warehouse: engine.warehouse, tenant: 'other', shortAbandonMs: 0 },
      { ...month, groupBy: 'day' },
    );
    expect(totals.received).toBe(0);
  });
});

describe('a month that comes in pieces', () => {
  it('gives the same when the load crashes between rows and checkpoint, again and again', async () => {
    const warehouse = await engine.fresh();
    const store = createMemoryEventStore();
    const neverSaved: Warehouse = {
      ...warehouse,
      insert: (table, rows) =>
        table === 'checkpoints' ? Promise.reject(new Error('crashed')) : warehouse.insert(table, rows),
    };
    const pieces = 3;
    for (let piece = 0; piece < pieces; piece++) {
      const from = Math.floor((commits.length * piece) / pieces);
      const to = Math.floor((commits.length * (piece + 1)) / pieces);
      await appendAll(store, commits.slice(from, to));
      await loadInto(neverSaved, store);
    }
    await loadInto(warehouse, store);
    await expectTheWholeTruth(warehouse);
  });

  it('gives the same when an insert fails in the middle of a batch', async () => {
    const warehouse = await engine.fresh();
    const store = createMemoryEventStore();
    await appendAll(store, commits);
    let inserts = 0;
    const failing: Warehouse = {
      ...warehouse,
      insert: (table, rows) =>
        ++inserts % 11 === 0 ? Promise.reject(new Error('connection lost')) : warehouse.insert(table, rows),
    };
    await loadInto(failing, store);
    await expectTheWholeTruth(warehouse);
  });
});

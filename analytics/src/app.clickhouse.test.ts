import { internalToken } from '@recado/domain/access/internal-token';
import { problemSchema, reportConversationsSchema, summarySchema } from '@recado/domain/wire/api';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalyticsApp } from './app.ts';
import { conversationRow } from './fact-rows.testkit.ts';
import { serve, type Served } from './serve.ts';
import type { Warehouse } from './warehouse.ts';
import { startTestWarehouse, type TestWarehouse } from './warehouse.testkit.ts';

const token = internalToken('a secret of this test');
let engine: TestWarehouse;
let served: Served;
const start = (warehouse: Warehouse) =>
  serve(
    createAnalyticsApp({ warehouse, token, logger: pino({ level: 'silent' }), registry: new Registry() }),
    {
      host: '127.0.0.1',
      port: 0,
    },
  );
beforeAll(async () => {
  engine = await startTestWarehouse();
  await engine.warehouse.insert('conversation_facts', [
    conversationRow('100.c1.000001'),
    conversationRow('100.c2.000001'),
    conversationRow('100.c3.000001', { tenant: 'other', contact_name: 'Somebody else’s customer' }),
  ]);
  served = await start(engine.warehouse);
});
afterAll(async () => {
  await served.stop();
  await engine.stop();
});

const headers = { authorization: `Bearer ${token}`, 'x-recado-tenant': 'acme' };
const get = (path: string, given: Record<string, string> = headers) =>
  fetch(`${served.url}${path}`, { headers: given });
const period = 'from=2026-11-20&to=2026-11-20&timeZone=America/Bogota';

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(problemSchema.parse(await response.json())).toMatchObject({ status, code });
}

describe('reports', () => {
  it('answer in the agreed shape', async () => {
    const report = summarySchema.parse(
      await (await get(`/api/reports/summary?${period}&groupBy=agent`)).json(),
    );
    expect(report).toMatchObject({ definitions: '1', totals: { received: 2 }, rows: [{ key: 'ana' }] });
    const first = reportConversationsSchema.parse(
      await (await get(`/api/reports/conversations?${period}&limit=1`)).json(),
    );
    expect(first.items.map((item) => item.conversationId)).toEqual(['100.c2.000001']);
    const second = reportConversationsSchema.parse(
      await (await get(`/api/reports/conversations?${period}&limit=1&cursor=${first.nextCursor}`)).json(),
    );
    expect(second.items.map((item) => item.conversationId)).toEqual(['100.c1.000001']);
    expect(second.nextCursor).toBeNull();
  });

  it('show a tenant nothing of another', async () => {
    const report = await (
      await get(`/api/reports/conversations?${period}`, { ...headers, 'x-recado-tenant': 'other' })
    ).text();
    expect(report).toContain('100.c3.000001');
    expect(report).not.toContain('100.c1.000001');
    const mine = await (await get(`/api/reports/conversations?${period}`)).text();
    expect(mine).not.toContain('Somebody else');
  });

  it('take odd characters as what they are', async () => {
    const odd = encodeURIComponent("'; DROP TABLE x --\\ 🎉 ");
    const report = summarySchema.parse(
      await (await get(`/api/reports/summary?${period}&queueId=${odd}`)).json(),
    );
    expect(report.totals.received).toBe(0);
  });

  const routes = [
    '/api/reports/summary',
    '/api/reports/conversations',
    '/api/quarantine',
    '/api/nothing-here',
  ];
  it.each(routes)('refuse who has no token, or a wrong one: %s', async (route) => {
    await expectProblem(await get(`${route}?${period}`, {}), 401, 'unauthenticated');
    const wrong = { ...headers, authorization: `Bearer ${token.slice(0, -1)}0` };
    await expectProblem(await get(`${route}?${period}`, wrong), 401, 'unauthenticated');
    await expectProblem(
      await get(`${route}?${period}`, { ...headers, authorization: token }),
      401,
      'unauthenticated',
    );
  });

  it.each(routes.slice(0, 3))('refuse who does not say for which tenant: %s', async (route) => {
    await expectProblem(
      await get(`${route}?${period}`, { authorization: `Bearer ${token}` }),
      400,
      'tenant_required',
    );
    const injected = { ...headers, 'x-recado-tenant': "acme' OR '1'='1" };
    await expectProblem(await get(`${route}?${period}`, injected), 400, 'tenant_required');
  });

  it.each([
    ['from=2026-11-20', 'invalid_query'],
    ['from=20-11-2026&to=2026-11-20', 'invalid_query'],
    ['from=2026-11-21&to=2026-11-20', 'invalid_query'],
    ['from=0001-01-01&to=2026-11-20', 'invalid_query'],
    ['from=2026-11-20&to=2026-11-20&timeZone=Mars/Olympus', 'unknown_time_zone'],
    ['from=2026-11-20&from=2026-11-19&to=2026-11-20', 'invalid_query'],
  ])('refuse %s', async (query, code) => {
    await expectProblem(await get(`/api/reports/summary?${query}`), 400, code);
    await expectProblem(await get(`/api/reports/conversations?${query}`), 400, code);
  });

  it.each([
    ['metric=everything', 'invalid_query'],
    ['limit=0', 'invalid_query'],
    ['limit=1000', 'invalid_query'],
    ['cursor=bm90IG91cnM', 'invalid_cursor'],
    [`cursor=${Buffer.from('["x","y"]').toString('base64url')}`, 'invalid_cursor'],
  ])('refuse %s of the conversations', async (query, code) => {
    await expectProblem(await get(`/api/reports/conversations?${period}&${query}`), 400, code);
  });

  it('refuse a grouping that does not exist, and methods that change things', async () => {
    await expectProblem(await get(`/api/reports/summary?${period}&groupBy=moon`), 400, 'invalid_query');
    const posted = await fetch(`${served.url}/api/reports/summary`, { method: 'POST', headers });
    await expectProblem(posted, 405, 'method_not_allowed');
    await expectProblem(await get('/api/nothing-here'), 404, 'not_found');
  });
});

describe('health', () => {
  it('is told without a token', async () => {
    expect((await get('/healthz', {})).status).toBe(200);
    expect((await get('/readyz', {})).status).toBe(200);
    expect((await get('/metrics', {})).status).toBe(200);
  });

  it('is not ready without its warehouse, and tells nothing of the engine’s errors', async () => {
    const down: Warehouse = {
      ...engine.warehouse,
      ping: async () => false,
      query: () => Promise.reject(Object.assign(new Error('connect to 10.1.2.3'), { code: 'ECONNREFUSED' })),
    };
    const other = await start(down);
    await expectProblem(await fetch(`${other.url}/readyz`), 503, 'warehouse_unavailable');
    const report = await fetch(`${other.url}/api/reports/summary?${period}`, { headers });
    expect(await report.clone().text()).not.toContain('10.1.2.3');
    await expectProblem(report, 503, 'warehouse_unavailable');
    await other.stop();
  });

  it('answers 500, and no more, when the engine refuses a query', async () => {
    const failing: Warehouse = {
      ...engine.warehouse,
      query: () => engine.warehouse.query('SELECT no_such_column'),
    };
    const other = await start(failing);
    const report = await fetch(`${other.url}/api/reports/summary?${period}`, { headers });
    expect(await report.clone().text()).not.toContain('no_such_column');
    await expectProblem(report, 500, 'internal_error');
    await other.stop();
  });
});

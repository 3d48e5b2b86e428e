import type { TestStore } from '@recado/event-store/store.testkit';
import { startTestStore } from '@recado/event-store/store.testkit';
import { internalToken } from '@recado/domain/access/internal-token';
import { emptyHead, type Head } from '@recado/domain/commit/chain';
import type { EventEnvelope } from '@recado/domain/commit/commit';
import { directoryDatabase } from '@recado/domain/databases';
import { type Summary } from '@recado/domain/wire/api';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startEtlService, type EtlService } from './etl-service.ts';

const secret = 'a secret of this test';
const logger = pino({ level: 'silent' });
let stores: TestStore;
let directory: string;
let service: EtlService;
let ownDirectory = false;
const directoryDocuments: { id: string; rev: string }[] = [];

const startService = () =>
  startEtlService({
    config: {
      host: '127.0.0.1',
      port: 0,
      secret,
      logLevel: 'silent',
      warehouse: { directory },
      couchUrl: stores.couchUrl,
      servesReports: true,
    },
    logger,
    now: Date.now,
    tenantsEveryMs: 20,
  });

beforeAll(async () => {
  stores = await startTestStore();
  directory = await mkdtemp(join(tmpdir(), 'recado-etl-'));
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  // On a server that is not ours alone, its directory stays.
  if (ownDirectory) await stores.couch.destroyDatabase(directoryDatabase);
  else for (const doc of directoryDocuments) await stores.couch.database(directoryDatabase).remove(doc);
  await stores.stop();
  await rm(directory, { recursive: true, force: true });
});

async function addTenant(): Promise<string> {
  const tenant = stores.newTenant();
  await installEventsDatabase(stores.couch, tenant);
  ownDirectory = (await stores.couch.ensureDatabase(directoryDatabase)) || ownDirectory;
  const id = `tenant.${tenant}`;
  const rev = await stores.couch.database(directoryDatabase).put({ _id: id, tenantId: tenant });
  directoryDocuments.push({ id, rev });
  return tenant;
}

const get = (path: string, tenant: string, method = 'GET') =>
  fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${internalToken(secret)}`, 'x-recado-tenant': tenant },
  });
const summaryOf = async (tenant: string): Promise<Summary> =>
  (await get('/api/reports/summary?from=2026-11-20&to=2026-11-20', tenant)).json() as Promise<Summary>;
const loaded = async (tenant: string): Promise<void> => {
  await vi.waitFor(() => expect(service.tenants()).toContain(tenant), { timeout: 10_000 });
  await service.settled();
};

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 20, 15, 0, seconds)).toISOString();
const answered = (contactId: string): [number, EventEnvelope[]][] => [
  [
    0,
    [
      {
        type: 'ConversationOpened',
        data: {
          numberId: '100',
          contactId,
          episode: 1,
          provider: 'meta',
          contactName: 'Marta',
          address: { scheme: 'wa_phone', value: '+57300' },
        },
      },
      {
        type: 'MessageReceived',
        occurredAt: at(0),
        data: {
          messageId: `in-${contactId}`,
          providerId: `w-${contactId}`,
          content: { kind: 'text', body: 'hola' },
        },
      },
      { type: 'ConversationQueued', data: { queueId: 'sales', reason: 'handover' } },
    ],
  ],
  [5, [{ type: 'ConversationAssigned', data: { agentId: 'ana', queueId: 'sales', reason: 'routed' } }]],
  [
    12,
    [
      {
        type: 'MessageQueued',
        data: {
          messageId: `out-${contactId}`,
          author: { kind: 'agent', id: 'ana' },
          content: { kind: 'text', body: 'buenas' },
        },
      },
    ],
  ],
];

async function append(
  tenant: string,
  stream: string,
  steps: [number, EventEnvelope[]][],
  after: Head = emptyHead,
) {
  const store = createCouchEventStore({ couch: stores.couch, tenant });
  let head = after;
  for (const [seconds, events] of steps) {
    const actor = { kind: 'system', id: 'test' } as const;
    head = await store.append({ stream, head, at: at(seconds), actor, cause: { event: 'test' }, events });
  }
  await store.stop();
  return head;
}

it('loads what tenants append, also tenants that come later, and keeps them apart', async () => {
  const first = await addTenant();
  await append(first, 'conversation.100.c1.000001', answered('c1'));
  await loaded(first);
  const second = await addTenant();
  await append(second, 'conversation.100.c1.000001', answered('c1'));
  await append(second, 'conversation.100.c2.000001', answered('c2'));
  await loaded(second);

  expect((await summaryOf(first)).totals).toMatchObject({ received: 1, attended: 1, frt: { p50: 12_000 } });
  expect((await summaryOf(second)).totals).toMatchObject({ received: 2, asa: { mean: 5_000 } });
});

it('puts aside what it does not understand, shows it, and goes on', async () => {
  const tenant = await addTenant();
  const head = await append(tenant, 'conversation.100.c3.000001', answered('c3'));
  await append(
    tenant,
    'conversation.100.c3.000001',
    [
      [13, [{ type: 'CustomerTeleported', data: { to: 'Mars' } }]],
      [14, [{ type: 'ConversationClosed', data: { reason: 'no such reason', agentId: 'ana' } }]],
      [
        15,
        [
          {
            type: 'ConversationClosed',
            occurredAt: '2026-99-99T00:00:00.000Z',
            data: { reason: 'resolved', agentId: 'ana' },
          },
        ],
      ],
      [16, [{ type: 'ConversationClosed', data: { reason: 'resolved', agentId: 'ana' } }]],
    ],
    head,
  );
  await loaded(tenant);
  expect((await summaryOf(tenant)).totals).toMatchObject({ closed: 1, tmo: { p50: 11_000 } });

  const quarantined = (await (await get('/api/quarantine', tenant)).json()) as {
    count: number;
    items: object[];
  };
  expect(quarantined.count).toBe(3);
  expect(quarantined.items).toMatchObject([
    { reason: 'invalid_event', version: 6, detail: 'occurredAt: 2026-99-99T00:00:00.000Z' },
    { reason: 'invalid_event', version: 5, detail: 'data.reason: invalid_value' },
    { reason: 'unknown_event', version: 4, type: 'CustomerTeleported', data: '{"to":"Mars"}' },
  ]);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/recado_etl_quarantined_total\{reason="unknown_event"\} 1/);
  expect(metrics).toMatch(/recado_etl_lag_seconds_count [1-9]/);
});

it('goes on where it stood after a restart', async () => {
  const tenant = await addTenant();
  const head = await append(tenant, 'conversation.100.c4.000001', answered('c4'));
  await loaded(tenant);
  await service.stop();
  await append(
    tenant,
    'conversation.100.c4.000001',
    [[60, [{ type: 'ConversationClosed', data: { reason: 'resolved', agentId: 'ana' } }]]],
    head,
  );
  service = await startService();
  await loaded(tenant);
  expect((await summaryOf(tenant)).totals).toMatchObject({
    received: 1,
    closed: 1,
    resolutionLast: { p50: 60_000 },
  });
});

it('rebuilds on request, once at a time', async () => {
  const tenant = await addTenant();
  await append(tenant, 'conversation.100.c5.000001', answered('c5'));
  await loaded(tenant);
  const [first, second] = await Promise.all([
    get('/api/rebuild', tenant, 'POST'),
    get('/api/rebuild', tenant, 'POST'),
  ]);
  expect([first.status, second.status].sort()).toEqual([202, 409]);
  await vi.waitFor(
    async () => expect(await (await get('/api/rebuild', tenant)).json()).toMatchObject({ state: 'done' }),
    { timeout: 20_000 },
  );
  expect((await summaryOf(tenant)).totals.received).toBe(1);
});

it('lets nobody rebuild without the internal token', async () => {
  expect((await fetch(`${service.url}/api/rebuild`, { method: 'POST' })).status).toBe(401);
});

it('loads how long agents were in each status, and no secret of the configuration', async () => {
  const tenant = await addTenant();
  const status = (value: string): EventEnvelope[] => [
    { type: 'AgentStatusChanged', data: { agentId: 'ana', status: value, reason: 'stated' } },
  ];
  await append(tenant, 'agent.ana', [
    [0, status('available')],
    [30, status('on_break')],
    [50, status('offline')],
  ]);
  await append(tenant, 'settings.number.100', [
    [
      0,
      [
        {
          type: 'NumberConfigured',
          data: {
            numberId: '100',
            provider: 'meta',
            name: 'Main',
            displayPhone: '+57',
            state: 'active',
            queueId: 'sales',
            greeting: null,
            meta: {
              phoneNumberId: '100',
              wabaId: '1',
              verifyToken: 'hush',
              sealedAppSecret: 'hush',
              sealedAccessToken: 'hush',
            },
          },
        },
      ],
    ],
  ]);
  await loaded(tenant);
  await service.stop();
  const { connectWarehouse } = await import('@recado/analytics/connect');
  const warehouse = await connectWarehouse({ directory });
  const stretches = await warehouse.query(
    'SELECT status, duration_ms FROM {db:Identifier}.agent_statuses WHERE tenant = {tenant:String} ORDER BY began_at',
    { tenant },
  );
  const configured = await warehouse.query<{ data: string }>(
    "SELECT data FROM {db:Identifier}.event_log WHERE tenant = {tenant:String} AND type = 'NumberConfigured'",
    { tenant },
  );
  await warehouse.close();
  service = await startService();

  expect(stretches).toEqual([
    { status: 'available', duration_ms: 30_000 },
    { status: 'on_break', duration_ms: 20_000 },
    { status: 'offline', duration_ms: null },
  ]);
  expect(configured).toHaveLength(1);
  expect(configured[0]?.data).toContain('"displayPhone":"+57"');
  expect(configured[0]?.data).not.toContain('hush');
});

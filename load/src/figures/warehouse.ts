import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internalHeaders, internalToken } from '@recado/domain/access/internal-token';
import { emptyHead, seal } from '@recado/domain/commit/chain';
import { conversationId, conversationStream } from '@recado/domain/commit/stream-id';
import { directoryDatabase, eventsDatabase } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import { connectCouch } from '@recado/event-store/couch/connect';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { keepRunning, untilReady, type Child, type ChildSpec } from '../../../scripts/stack/child.ts';
import { until } from '../demo.ts';
import { percentile, round, type Figure } from '../figure.ts';

const tenant = 'month';
const secret = 'a secret for benchmarks only, of enough length';
const batch = 500;
const groupings = ['day', 'queue', 'agent', 'number'] as const;

/**
 * A month of a busy tenant: stored first, then loaded by the ETL while the clock runs, then asked about. The store and
 * the ETL run alone: in a whole demo the other services would read a month that is new to them at the same time.
 */
export async function measureWarehouse({ conversations = 100_000 } = {}): Promise<Figure[]> {
  const stack = await startStoreAndEtl();
  try {
    const events = await storeMonth(stack, conversations);
    const backfillSeconds = await loadMonth(stack, events);
    const loaded = await received(stack);
    if (loaded !== conversations) throw new Error(`the report knows ${loaded} of ${conversations}`);
    const summaries: Figure[] = [];
    for (const groupBy of groupings) {
      const times = await askForSummaries(stack, groupBy);
      const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
      summaries.push({
        what: `summary by ${groupBy} over ${conversations} conversations, p95`,
        wanted: '≤ 300 ms',
        measured: `${round(p95)} ms (p50 ${round(p50)} ms, ${times.length} requests)`,
        met: p95 <= 300,
        values: { p50, p95 },
      });
    }
    return [
      {
        what: `ETL backfill of ${events} events`,
        wanted: '≥ 20,000 events/s',
        measured: `${round(events / backfillSeconds)} events/s`,
        met: events / backfillSeconds >= 20_000,
        values: { events, backfillSeconds },
      },
      ...summaries,
    ];
  } finally {
    await stack.stop();
  }
}

interface StoreAndEtl {
  urls: { couchdb: string; analytics: string };
  stop(): Promise<void>;
}

async function startStoreAndEtl(): Promise<StoreAndEtl> {
  const directory = await mkdtemp(join(tmpdir(), 'recado-bench-'));
  const [couchPort, analyticsPort] = [await freePort(), await freePort()];
  const urls = { couchdb: `http://127.0.0.1:${couchPort}`, analytics: `http://127.0.0.1:${analyticsPort}` };
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    NODE_ENV: 'production',
    RECADO_DATA: directory,
    RECADO_SECRET: secret,
    RECADO_LOG_LEVEL: 'warn',
    COUCHDB_URL: urls.couchdb,
    RECADO_COUCHDB_PORT: String(couchPort),
    RECADO_ANALYTICS_PORT: String(analyticsPort),
  };
  const specs: ChildSpec[] = [
    { name: 'embedded-couchdb', main: 'embedded-couchdb/src/main.ts', env, readyUrl: `${urls.couchdb}/_up` },
    { name: 'analytics-etl', main: 'etl/src/main.ts', env, readyUrl: `${urls.analytics}/readyz` },
  ];
  const children: Child[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (const spec of specs) {
      children.push(keepRunning(spec, { logDirectory: join(directory, 'logs') }));
      await untilReady(spec, 60_000);
    }
    await connectCouch({ url: urls.couchdb }).ensureDatabase(directoryDatabase);
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls, stop };
}

const monthStart = Date.UTC(2026, 9, 1);
const minute = 60_000;

/** One ordinary conversation: opened, greeted, queued, assigned, answered twice, closed. */
function conversationCommits(index: number, conversations: number): Commit[] {
  const contactId = `c${index}`;
  const id = conversationId({ numberId: 'n1', contactId, episode: 1 });
  const start = monthStart + Math.floor((index / conversations) * 30 * 24 * 60) * minute;
  const agentId = `agent${index % 30}`;
  const queueId = `queue${index % 3}`;
  const text = (body: string) => ({ kind: 'text', body });
  const steps: [minutes: number, events: EventEnvelope[]][] = [
    [
      0,
      [
        {
          type: 'ConversationOpened',
          data: {
            numberId: 'n1',
            contactId,
            episode: 1,
            provider: 'meta',
            contactName: `Cliente ${index}`,
            address: { scheme: 'wa_phone', value: '+573001112233' },
          },
        },
        {
          type: 'MessageReceived',
          occurredAt: instant(start),
          data: { messageId: 'in-1', providerId: `w${index}`, content: text('hola') },
        },
      ],
    ],
    [0, [{ type: 'ConversationQueued', data: { queueId, reason: 'handover' } }]],
    [1, [{ type: 'ConversationAssigned', data: { agentId, queueId, reason: 'routed' } }]],
    [
      2 + (index % 7),
      [
        {
          type: 'MessageQueued',
          data: {
            messageId: 'm1',
            author: { kind: 'agent', id: agentId },
            content: text('¿en qué puedo ayudar?'),
          },
        },
      ],
    ],
    [
      12,
      [
        {
          type: 'MessageReceived',
          occurredAt: instant(start + 12 * minute),
          data: { messageId: 'in-2', providerId: `x${index}`, content: text('gracias') },
        },
      ],
    ],
    [15 + (index % 5), [{ type: 'ConversationClosed', data: { reason: 'resolved', agentId } }]],
  ];
  let head = emptyHead;
  return steps.map(([minutes, events]) => {
    const commit = seal({
      stream: conversationStream(id),
      head,
      at: instant(start + minutes * minute + 500),
      actor: { kind: 'system', id: 'bench' },
      cause: { event: 'bench' },
      events,
    });
    head = { version: commit.version, hash: commit.hash };
    return commit;
  });
}

async function storeMonth(stack: StoreAndEtl, conversations: number): Promise<number> {
  const couch = connectCouch({ url: stack.urls.couchdb });
  await installEventsDatabase(couch, tenant);
  const database = couch.database(eventsDatabase(tenant));
  let events = 0;
  for (let start = 0; start < conversations; start += batch) {
    const size = Math.min(batch, conversations - start);
    const commits = Array.from({ length: size }, (_, n) =>
      conversationCommits(start + n, conversations),
    ).flat();
    events += commits.reduce((sum, commit) => sum + commit.events.length, 0);
    await database.bulk(commits);
  }
  return events;
}

/** The tenant appears in the directory only now, so the clock sees the whole load. @returns seconds. */
async function loadMonth(stack: StoreAndEtl, events: number): Promise<number> {
  const couch = connectCouch({ url: stack.urls.couchdb });
  const began = performance.now();
  await couch
    .database(directoryDatabase)
    .put({ _id: `tenant.${tenant}`, tenantId: tenant, name: 'A busy month' });
  await until('the warehouse holds the month', async () => (await loadedEvents(stack)) >= events, {
    withinMs: 300_000,
  });
  const seconds = (performance.now() - began) / 1_000;
  process.stderr.write(`loaded ${events} events in ${round(seconds, 1)} s\n`);
  return seconds;
}

const summaryUrl = (stack: StoreAndEtl, groupBy: string) =>
  `${stack.urls.analytics}/api/reports/summary?from=2026-10-01&to=2026-10-31&timeZone=UTC&groupBy=${groupBy}`;
const headers = {
  authorization: `Bearer ${internalToken(secret)}`,
  [internalHeaders.tenant]: tenant,
  [internalHeaders.user]: 'bench',
};

/** From the load's own count: a report, asked all the time, would take from the load what is measured. */
async function loadedEvents(stack: StoreAndEtl): Promise<number> {
  const answer = await fetch(`${stack.urls.analytics}/metrics`);
  const line = new RegExp(`^recado_etl_events_total\\{tenant="${tenant}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await answer.text())?.[1] ?? 0);
}

async function received(stack: StoreAndEtl): Promise<number> {
  const answer = await fetch(summaryUrl(stack, 'day'), { headers });
  if (!answer.ok) throw new Error(`the report answers ${answer.status}`);
  return ((await answer.json()) as { totals: { received: number } }).totals.received;
}

async function askForSummaries(stack: StoreAndEtl, groupBy: string): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    const answer = await fetch(summaryUrl(stack, groupBy), { headers });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`the report answers ${answer.status}`);
    times.push(performance.now() - began);
  }
  return times;
}

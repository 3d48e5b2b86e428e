import { internalHeaders, internalToken } from '@recado/domain/access/internal-token';
import { emptyHead, seal } from '@recado/domain/commit/chain';
import { conversationId, conversationStream } from '@recado/domain/commit/stream-id';
import { directoryDatabase } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import { eventsDatabase } from '@recado/domain/databases';
import { connectCouch } from '@recado/event-store/couch/connect';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { benchSecret, startDemo, until, type Demo } from '../demo.ts';
import { percentile, round, type Figure } from '../figure.ts';

const tenant = 'month';
const conversations = 100_000;
const batch = 500;

/** A month of a busy tenant: stored first, then loaded by the ETL while the clock runs, then asked about. */
export async function measureWarehouse(): Promise<Figure[]> {
  const demo = await startDemo();
  try {
    const events = await storeMonth(demo);
    const backfillSeconds = await loadMonth(demo, events);
    const times = await askForSummaries(demo);
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
    return [
      {
        what: `ETL backfill of ${events} events`,
        wanted: '≥ 20,000 events/s',
        measured: `${round(events / backfillSeconds)} events/s`,
        met: events / backfillSeconds >= 20_000,
        values: { events, backfillSeconds },
      },
      {
        what: `summary report over ${conversations} conversations, p95`,
        wanted: '≤ 300 ms',
        measured: `${round(p95)} ms (p50 ${round(p50)} ms, ${times.length} requests)`,
        met: p95 <= 300,
        values: { p50, p95 },
      },
    ];
  } finally {
    await demo.stop();
  }
}

const monthStart = Date.UTC(2026, 9, 1);
const minute = 60_000;

/** One ordinary conversation: opened, greeted, queued, assigned, answered twice, closed. */
function conversationCommits(index: number): Commit[] {
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

async function storeMonth(demo: Demo): Promise<number> {
  const couch = connectCouch({ url: demo.urls.couchdb });
  await installEventsDatabase(couch, tenant);
  const database = couch.database(eventsDatabase(tenant));
  let events = 0;
  for (let start = 0; start < conversations; start += batch) {
    const commits = Array.from({ length: batch }, (_, offset) => conversationCommits(start + offset)).flat();
    events += commits.reduce((sum, commit) => sum + commit.events.length, 0);
    await database.bulk(commits);
  }
  return events;
}

/** The tenant appears in the directory only now, so the clock sees the whole load. @returns seconds. */
async function loadMonth(demo: Demo, events: number): Promise<number> {
  const couch = connectCouch({ url: demo.urls.couchdb });
  const began = performance.now();
  await couch
    .database(directoryDatabase)
    .put({ _id: `tenant.${tenant}`, tenantId: tenant, name: 'A busy month' });
  await until('the warehouse holds the month', async () => (await received(demo)) === conversations, 300_000);
  const seconds = (performance.now() - began) / 1_000;
  process.stderr.write(`loaded ${events} events in ${round(seconds, 1)} s\n`);
  return seconds;
}

const summaryUrl = (demo: Demo, groupBy: string) =>
  `${demo.urls.analytics}/api/reports/summary?from=2026-10-01&to=2026-10-31&timeZone=UTC&groupBy=${groupBy}`;
const headers = {
  authorization: `Bearer ${internalToken(benchSecret)}`,
  [internalHeaders.tenant]: tenant,
  [internalHeaders.user]: 'bench',
};

async function received(demo: Demo): Promise<number> {
  const answer = await fetch(summaryUrl(demo, 'day'), { headers });
  if (!answer.ok) return 0;
  return ((await answer.json()) as { totals: { received: number } }).totals.received;
}

async function askForSummaries(demo: Demo): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    for (const groupBy of ['day', 'queue', 'agent', 'number']) {
      const began = performance.now();
      const answer = await fetch(summaryUrl(demo, groupBy), { headers });
      await answer.arrayBuffer();
      times.push(performance.now() - began);
    }
  }
  return times;
}

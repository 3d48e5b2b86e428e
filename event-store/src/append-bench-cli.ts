import { emptyHead, type Head } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { eventsDatabase } from '@recado/domain/databases';
import { createCouchEventStore } from './couch-event-store.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { startTestStore } from './store.testkit.ts';

/**
 * Appends per second through the event store, as a share of bare `_bulk_docs` of the same documents in requests
 * as large as there are streams. On the server of COUCHDB_URL, or else on an embedded store in this process.
 *
 *   node event-store/src/append-bench-cli.ts
 *
 * Both take turns in short slices, because the first to run would pay for the compiler's warming up and each
 * would catch other moods of the machine.
 */
const slices = 4;
const sliceMs = 800;
const server = await startTestStore();
const at = '2026-11-20T14:03:00.000Z';
const text = 'Hola, quisiera saber el estado de mi pedido. '.repeat(4);
const eventOf = (n: number) => ({
  type: 'MessageReceived',
  occurredAt: at,
  data: { messageId: `wamid.${n}`, content: { kind: 'text', text } },
});

console.log('| streams at once | appends/s | bare _bulk_docs, docs/s | share | append p50 ms | p99 ms |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: |');
for (const streams of [1, 16, 64, 256]) {
  const tenant = server.newTenant();
  const bareTenant = server.newTenant();
  await installEventsDatabase(server.couch, tenant);
  await installEventsDatabase(server.couch, bareTenant);
  const store = createCouchEventStore({ couch: server.couch, tenant });
  const bare = server.couch.database(eventsDatabase(bareTenant));
  const heads: Head[] = Array.from({ length: streams }, () => emptyHead);
  const latencies: number[] = [];
  let commits: Commit[] = [];

  const appendUntil = async (end: number, n: number): Promise<void> => {
    while (performance.now() < end) {
      const before = performance.now();
      const head = heads[n] ?? emptyHead;
      const cause = { webhook: `${n}-${head.version}` };
      const actor = { kind: 'customer' as const, id: `c${n}` };
      const stream = `conversation.n.c${n}.000001`;
      const commit = await store.append({ stream, head, at, actor, cause, events: [eventOf(n)] });
      latencies.push(performance.now() - before);
      heads[n] = commit;
      commits.push(commit);
    }
  };

  const rates: { appended: number; bare: number }[] = [];
  for (let slice = 0; slice <= slices; slice++) {
    commits = [];
    const started = performance.now();
    await Promise.all(heads.map((_, n) => appendUntil(started + sliceMs, n)));
    const appended = (1_000 * commits.length) / (performance.now() - started);
    const bareStarted = performance.now();
    for (let from = 0; from < commits.length; from += streams)
      await bare.bulk(commits.slice(from, from + streams));
    rates.push({ appended, bare: (1_000 * commits.length) / (performance.now() - bareStarted) });
    if (slice === 0) latencies.length = 0;
  }
  await store.stop();
  // The first slice warmed up.
  const median = (pick: (rate: { appended: number; bare: number }) => number): number =>
    rates
      .slice(1)
      .map(pick)
      .sort((a, b) => a - b)[slices >> 1] ?? 0;
  latencies.sort((a, b) => a - b);
  const percentile = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
  const cells = [
    streams,
    Math.round(median((rate) => rate.appended)),
    Math.round(median((rate) => rate.bare)),
    `${Math.round(100 * median((rate) => rate.appended / rate.bare))} %`,
    percentile(0.5),
    percentile(0.99),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
await server.stop();

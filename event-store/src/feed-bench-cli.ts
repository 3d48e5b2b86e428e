import { emptyHead, type Head } from '@recado/domain/commit/chain';
import { createCouchEventStore } from './couch-event-store.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { pause } from './pause.ts';
import { startTestStore } from './store.testkit.ts';

/**
 * How fast the feed of commits is read from the beginning, and how late a live reader sees a commit at 50 a
 * second. On the server of COUCHDB_URL, or else on an embedded store in this process.
 *
 *   node event-store/src/feed-bench-cli.ts
 */
const streams = 200;
const versions = 50;
const liveCommits = 250;
const server = await startTestStore();
const tenant = server.newTenant();
await installEventsDatabase(server.couch, tenant);
const store = createCouchEventStore({ couch: server.couch, tenant });
const text = 'Hola, quisiera saber el estado de mi pedido. '.repeat(4);
const append = (stream: string, head: Head) =>
  store.append({
    stream,
    head,
    at: '2026-11-20T14:03:00.000Z',
    actor: { kind: 'customer', id: 'c1' },
    cause: { webhook: stream },
    events: [{ type: 'MessageReceived', data: { content: { kind: 'text', text } } }],
  });

const fill = async (stream: string): Promise<void> => {
  let head: Head = emptyHead;
  for (let n = 0; n < versions; n++) head = await append(stream, head);
};
await Promise.all(Array.from({ length: streams }, (_, n) => fill(`conversation.n.c${n}.000001`)));

for (let run = 1; run <= 3; run++) {
  const started = performance.now();
  let read = 0;
  const feed = store.changes({
    after: null,
    live: false,
    limit: 1_000,
    signal: new AbortController().signal,
  });
  for await (const batch of feed) read += batch.commits.length;
  console.log(
    `backfill: ${Math.round((1_000 * read) / (performance.now() - started))} commits/s (${read} commits)`,
  );
}

const controller = new AbortController();
const appendedAt = new Map<string, number>();
const seenAfter: number[] = [];
const reading = (async () => {
  for await (const batch of store.changes({ after: 'now', live: true, signal: controller.signal })) {
    for (const { stream } of batch.commits) seenAfter.push(performance.now() - (appendedAt.get(stream) ?? 0));
    if (seenAfter.length >= liveCommits) controller.abort();
  }
})();
await pause(200);
for (let n = 0; n < liveCommits; n++) {
  const stream = `conversation.live.c${n}.000001`;
  appendedAt.set(stream, performance.now());
  await append(stream, emptyHead);
  await pause(18);
}
await reading;
seenAfter.sort((a, b) => a - b);
const percentile = (share: number) => (seenAfter[Math.floor(seenAfter.length * share)] ?? 0).toFixed(1);
console.log(`from append begun to seen live: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`);
await store.stop();
await server.stop();

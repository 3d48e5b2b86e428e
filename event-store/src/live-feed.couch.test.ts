import { emptyHead } from '@recado/domain/commit/chain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CouchConnection } from './couch/connect.ts';
import { createCouchEventStore } from './couch-event-store.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';

let server: TestStore;
beforeEach(async () => {
  server = await startTestStore();
});
afterEach(() => server.stop());

/** The connection, counting how often the live feed is asked. */
function counted(couch: CouchConnection): { couch: CouchConnection; looks: () => number } {
  let looks = 0;
  return {
    looks: () => looks,
    couch: {
      ...couch,
      database(name) {
        const database = couch.database(name);
        return {
          ...database,
          longpoll(options) {
            looks++;
            return database.longpoll(options);
          },
        };
      },
    },
  };
}

test('a live feed brings what is written one after the other in few looks, all of it, in order', async () => {
  const tenant = server.newTenant();
  await installEventsDatabase(server.couch, tenant);
  const { couch, looks } = counted(server.couch);
  const gatherMs = 200;
  const store = createCouchEventStore({ couch, tenant, gatherMs });
  const controller = new AbortController();
  const count = 30;
  const heard: string[] = [];
  const began = performance.now();
  const listening = (async () => {
    for await (const { commits } of store.changes({ after: null, live: true, signal: controller.signal })) {
      heard.push(...commits.map(({ stream }) => stream));
      if (heard.length >= count) controller.abort();
    }
  })();
  const written = Array.from({ length: count }, (_, index) => `contact.c${index}`);
  for (const stream of written) {
    await store.append({
      stream,
      head: emptyHead,
      at: '2026-11-20T14:00:00.000Z',
      actor: { kind: 'system', id: 'test' },
      cause: { event: 'test' },
      events: [{ type: 'Noted', data: {} }],
    });
  }
  await listening;
  expect(heard).toEqual(written);
  expect(looks()).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / gatherMs));
  await store.stop();
});

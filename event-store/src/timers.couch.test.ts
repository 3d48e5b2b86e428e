import { timersDatabase } from '@recado/domain/databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CouchDatabase } from './couch/database.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';
import { timersContract } from './timers.contract.ts';
import { createTimers } from './timers.ts';

let server: TestStore;
beforeAll(async () => {
  server = await startTestStore();
});
afterAll(() => server.stop());

async function newDatabase(): Promise<CouchDatabase> {
  const name = timersDatabase(server.newTenant());
  await server.couch.ensureDatabase(name);
  return server.couch.database(name);
}

timersContract('on CouchDB', async () => createTimers({ database: await newDatabase() }));

test('leftovers of a timer that moved are cleared away, and hide nobody behind them', async () => {
  const database = await newDatabase();
  const timers = createTimers({ database });
  const leftovers = Array.from({ length: 7 }, (_, n) => ({
    _id: `timer.2026-11-20T14:0${n}:00.000Z.k${n}`,
    key: `k${n}`,
    due: `2026-11-20T14:0${n}:00.000Z`,
    data: {},
  }));
  await database.bulk(leftovers);
  await timers.set({ key: 'real', due: '2026-11-20T14:30:00.000Z', data: {} });
  expect((await timers.due('2026-11-20T15:00:00.000Z', 2)).map((timer) => timer.key)).toEqual(['real']);
  expect((await database.allIds({ startKey: 'timer.', endKey: 'timer/' })).length).toBe(1);
});

test('a timer that is done, cancelled or moved leaves no document behind', async () => {
  const database = await newDatabase();
  const timers = createTimers({ database });
  const due = '2026-11-20T14:30:00.000Z';
  for (const key of ['done', 'cancelled', 'moved']) await timers.set({ key, due, data: {} });
  await timers.set({ key: 'moved', due: '2026-11-20T14:31:00.000Z', data: {} });
  await timers.cancel('cancelled');
  for (const timer of await timers.due(due)) await timers.done(timer);
  expect((await database.allIds()).map((row) => row.id)).toEqual([
    'key.moved',
    'timer.2026-11-20T14:31:00.000Z.moved',
  ]);
});

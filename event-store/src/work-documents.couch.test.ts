import { workDatabase } from '@recado/domain/databases';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCheckpoints, createMemoryCheckpoints } from './checkpoints.ts';
import type { CouchDatabase } from './couch/database.ts';
import { createMemorySnapshots, createSnapshots } from './snapshots.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';

let server: TestStore;
let database: CouchDatabase;
beforeAll(async () => {
  server = await startTestStore();
  const name = workDatabase(server.newTenant());
  await server.couch.ensureDatabase(name);
  database = server.couch.database(name);
});
afterAll(() => server.stop());

describe.each([
  ['in memory', () => createMemoryCheckpoints()],
  ['on CouchDB', () => createCheckpoints({ database })],
])('checkpoints %s', (_where, open) => {
  test('keep the last position of each name', async () => {
    const checkpoints = open();
    expect(await checkpoints.load('etl')).toBeNull();
    await checkpoints.save('etl', '1-a');
    await checkpoints.save('etl', '2-b');
    await checkpoints.save('bot', '9-z');
    expect(await checkpoints.load('etl')).toBe('2-b');
    expect(await checkpoints.load('bot')).toBe('9-z');
  });
});

describe.each([
  ['in memory', () => createMemorySnapshots()],
  ['on CouchDB', () => createSnapshots({ database })],
])('snapshots %s', (_where, open) => {
  test('keep the last state of each name with its position and schema', async () => {
    const snapshots = open();
    expect(await snapshots.load('board')).toBeNull();
    const state = { agents: { ana: ['a.b'] } };
    await snapshots.save('board', { schema: 1, position: '1', state });
    await snapshots.save('board', { schema: 2, position: '2', state });
    expect(await snapshots.load('board')).toEqual({ schema: 2, position: '2', state });
  });
});

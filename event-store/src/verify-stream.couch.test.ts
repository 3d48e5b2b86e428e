import { emptyHead, type Head } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { eventsDatabase } from '@recado/domain/databases';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CouchEventStore, createCouchEventStore } from './couch-event-store.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';
import { verifyStream, verifyStreams } from './verify-stream.ts';

/** The database has no validation function here: someone with the disk in hand is not stopped by one. */
let server: TestStore;
let tenant: string;
let store: CouchEventStore;
beforeAll(async () => {
  server = await startTestStore();
  tenant = server.newTenant();
  await server.couch.ensureDatabase(eventsDatabase(tenant), { q: 1 });
  store = createCouchEventStore({ couch: server.couch, tenant });
});
afterAll(async () => {
  await store.stop();
  await server.stop();
});

async function chain(stream: string): Promise<Commit[]> {
  const commits: Commit[] = [];
  let head: Head = emptyHead;
  for (let n = 1; n <= 3; n++) {
    const events = [{ type: 'NoteTaken', data: { n } }];
    const at = '2026-11-20T14:03:00.000Z';
    const commit = await store.append({
      stream,
      head,
      at,
      actor: { kind: 'system', id: 'x' },
      cause: { event: 'x' },
      events,
    });
    commits.push(commit);
    head = commit;
  }
  return commits;
}

const database = () => server.couch.database(eventsDatabase(tenant));

describe('verifying a stream', () => {
  test('vouches for one that nobody touched', async () => {
    const commits = await chain('contact.whole');
    expect(await verifyStream(store, 'contact.whole')).toEqual({
      stream: 'contact.whole',
      commits: 3,
      hash: commits[2]?.hash,
      fault: null,
    });
  });

  test('finds a commit that was altered', async () => {
    const [, second] = await chain('contact.altered');
    await database().overwrite('contact.altered:00000002', { ...second, at: '2026-11-20T14:03:00.001Z' });
    expect((await verifyStream(store, 'contact.altered')).fault).toEqual({ version: 2, fault: 'altered' });
  });

  test('finds a commit that was deleted, or made unreadable', async () => {
    await chain('contact.deleted');
    const stored = await database().getOrNull('contact.deleted:00000002');
    await database().remove({ id: 'contact.deleted:00000002', rev: stored?._rev ?? '' });
    expect((await verifyStream(store, 'contact.deleted')).fault).toEqual({ version: 2, fault: 'missing' });
    await chain('contact.spoilt');
    await database().overwrite('contact.spoilt:00000001', { text: 'no commit' });
    expect((await verifyStream(store, 'contact.spoilt')).fault).toEqual({ version: 1, fault: 'missing' });
  });

  test('finds the broken ones among all', async () => {
    const broken = [];
    for await (const proof of verifyStreams(store)) if (proof.fault) broken.push(proof.stream);
    expect(broken).toEqual(['contact.altered', 'contact.deleted', 'contact.spoilt']);
  });
});

import { connectCouch } from '@recado/event-store/couch/connect';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import { type FaultyProxy, startFaultyProxy } from '@recado/event-store/couch/faulty-proxy.testkit';
import { startTestStore, type TestStore } from '@recado/event-store/store.testkit';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../sync-server.testkit.ts';
import { createMailboxFeeds, type MailboxFeeds, type Watcher } from './mailbox-feed.ts';

let server: TestStore;
let proxy: FaultyProxy;
beforeAll(async () => {
  server = await startTestStore();
  proxy = await startFaultyProxy(server.couchUrl);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const openFeeds = (options: { lingerMs?: number } = {}): MailboxFeeds => {
  const { username, password } = new URL(server.couchUrl);
  const couch = connectCouch({ url: Object.assign(new URL(proxy.url), { username, password }).href });
  return createMailboxFeeds({ couch, logger: pino({ level: 'silent' }), ...options });
};

let feeds: MailboxFeeds;
let database: CouchDatabase;
let watcher: Watcher;
const watch = (includes: (id: string) => boolean = () => true): Watcher =>
  feeds.watch(database.name, includes);
beforeEach(async () => {
  const name = `recado-${server.newTenant()}-mb-ana-e1`;
  await server.couch.ensureDatabase(name, { q: 1 });
  database = server.couch.database(name);
  feeds = openFeeds();
  watcher = watch();
  await watcher.started;
});
afterEach(async () => {
  proxy.fateOf = () => 'pass';
  await feeds.stop();
});

let written = 0;
const write = async (count: number, prefix = 'msg'): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => `${prefix}.${String((written += 1)).padStart(6, '0')}`);
  await database.bulk(ids.map((_id) => ({ _id })));
  return ids;
};
const position = async (): Promise<string> => (await database.changes({ since: 'now', limit: 1 })).lastSeq;
/** Resolves when the feed has come to where the store is. */
const caughtUp = async (): Promise<string> => {
  const end = await position();
  await until(() => watcher.rowsAfter(end), 'the feed to catch up');
  return end;
};
const idsAfter = (since: string): string[] | null =>
  watcher.rowsAfter(since)?.rows.map(({ id }) => id) ?? null;
const never = new AbortController().signal;

describe('the feed of a mailbox', () => {
  test('tells what came after a place where it has stood, in order, with the documents', async () => {
    const start = await caughtUp();
    const first = await write(2);
    const middle = await caughtUp();
    const second = await write(3);
    const end = await caughtUp();
    expect(idsAfter(start)).toEqual([...first, ...second]);
    expect(idsAfter(middle)).toEqual(second);
    expect(watcher.rowsAfter(middle)).toMatchObject({ lastSeq: end });
    expect(watcher.rowsAfter(middle)!.rows[0]!.doc).toMatchObject({ _id: second[0] });
    expect(idsAfter(end)).toEqual([]);
  });

  test('has no answer for a place where it has not stood: before its start, or not one of this database', async () => {
    await write(1);
    const end = await caughtUp();
    expect(idsAfter('0')).toBeNull();
    expect(idsAfter(`9${end}`)).toBeNull();
  });

  test('forgets what is long ago rather than leave a row out', async () => {
    const start = await caughtUp();
    await write(150);
    const middle = await caughtUp();
    const later = await write(150);
    await caughtUp();
    expect(idsAfter(start)).toBeNull();
    expect(idsAfter(middle)).toEqual(later);
  });

  test('wakes those whom a change concerns, and no others', async () => {
    const chats = watch((id) => id.startsWith('conv.'));
    let woken = false;
    const waiting = chats.changed(never).then(() => (woken = true));
    const before = await caughtUp();
    await write(1, 'msg');
    await caughtUp();
    expect([woken, chats.rowsAfter(before)?.rows.length]).toEqual([false, 1]);
    await write(1, 'conv');
    await waiting;
    expect(woken).toBe(true);
  });

  test('that was cut goes on from where it was: no row is missing and none comes twice', async () => {
    const start = await caughtUp();
    const before = await write(3);
    await caughtUp();
    proxy.fateOf = () => 'drop';
    proxy.breakConnections();
    const meanwhile = await write(4);
    proxy.fateOf = () => 'pass';
    await caughtUp();
    const after = await write(2);
    await caughtUp();
    expect(idsAfter(start)).toEqual([...before, ...meanwhile, ...after]);
  });

  test('is read once for all who watch, and read no more when all have gone for a while', async () => {
    await feeds.stop();
    feeds = openFeeds({ lingerMs: 20 });
    const [one, other] = [watch(), watch()];
    await Promise.all([one.started, other.started]);
    expect(other.ended).toBe(one.ended);
    one.close();
    expect(one.ended.aborted).toBe(false);
    other.close();
    await until(() => one.ended.aborted || null, 'the feed to end');
    const again = watch();
    await again.started;
    expect(again.ended.aborted).toBe(false);
  });

  test('ends with its database', async () => {
    await server.couch.destroyDatabase(database.name);
    await until(() => watcher.ended.aborted || null, 'the feed to end');
    await watcher.changed(never);
  });
});

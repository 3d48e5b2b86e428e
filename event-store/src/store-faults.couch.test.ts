import { emptyHead, type Head, seal } from '@recado/domain/commit/chain';
import { eventsDatabase } from '@recado/domain/databases';
import { startEmbeddedCouchdb } from '@recado/embedded-couchdb/server';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connectCouch } from './couch/connect.ts';
import { CouchRefused } from './couch/faults.ts';
import { type FaultyProxy, startFaultyProxy } from './couch/faulty-proxy.testkit.ts';
import {
  type CouchEventStore,
  createCouchEventStore,
  type CouchEventStoreDeps,
} from './couch-event-store.ts';
import { StoreUnavailable, VersionConflict } from './event-store.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';

const patiently = { timeout: 10_000 };

let server: TestStore;
let proxy: FaultyProxy;
let tenant: string;
let warnings: object[];
let reconnects: number;
let malformed: number;
let batches: number[];

beforeAll(async () => {
  server = await startTestStore();
  proxy = await startFaultyProxy(server.couchUrl);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});
beforeEach(async () => {
  proxy.fateOf = () => 'pass';
  proxy.seen.length = 0;
  tenant = server.newTenant();
  warnings = [];
  batches = [];
  reconnects = 0;
  malformed = 0;
  await installEventsDatabase(server.couch, tenant);
});

function openStore(options: Partial<CouchEventStoreDeps> & { timeoutMs?: number } = {}): CouchEventStore {
  const url = new URL(proxy.url);
  const { username, password } = new URL(server.couchUrl);
  Object.assign(url, { username, password });
  const store = createCouchEventStore({
    couch: connectCouch({ url: url.href, timeoutMs: options.timeoutMs ?? 5_000 }),
    tenant,
    logger: { warn: (fields) => warnings.push(fields) },
    metrics: {
      reconnect: () => reconnects++,
      malformed: () => malformed++,
      batch: (commits) => batches.push(commits),
    },
    ...options,
  });
  onTestFinished(async () => {
    proxy.fateOf = () => 'pass';
    await store.stop();
  });
  return store;
}

const draft = (stream: string, head: Head = emptyHead, text = 'hola') => ({
  stream,
  head,
  at: '2026-11-20T14:03:00.000Z',
  actor: { kind: 'system' as const, id: 'test' },
  cause: { event: 'test' },
  events: [{ type: 'NoteTaken', data: { text } }],
});
const isBulk = ({ path }: { path: string }) => path.endsWith('/_bulk_docs');
/** This fate for the first `times` appends that come by. */
const firstBulks = (fate: 'lose-answer' | 'drop' | 'cut' | 'hang' | 503, times = 1) => {
  let left = times;
  proxy.fateOf = (request) => (isBulk(request) && left-- > 0 ? fate : 'pass');
};

describe('an append', () => {
  test.each([['lose-answer'], ['drop'], ['cut'], ['hang'], [503]] as const)(
    'succeeds once when the fate of its first request is %s',
    async (fate) => {
      const store = openStore(fate === 'hang' ? { timeoutMs: 400 } : {});
      firstBulks(fate);
      const commit = await store.append(draft('contact.a'));
      expect(await store.read('contact.a')).toEqual([commit]);
      expect(proxy.seen.filter((line) => line.endsWith('_bulk_docs')).length).toBeGreaterThanOrEqual(2);
    },
  );

  test('of which the answer was lost is told from the one of another writer', async () => {
    const store = openStore();
    const other = seal(draft('contact.b', emptyHead, 'of another writer'));
    await server.couch.database(eventsDatabase(tenant)).bulk([other]);
    firstBulks('lose-answer');
    const [mine, theirs] = await Promise.allSettled([
      store.append(draft('contact.a')),
      store.append(draft('contact.b')),
    ]);
    expect(mine.status).toBe('fulfilled');
    expect(theirs).toMatchObject({ status: 'rejected', reason: new VersionConflict('contact.b', 1) });
    expect(await store.read('contact.b')).toEqual([other]);
  });

  test('outlasts a store that is away for a moment, while reading what became of it too', async () => {
    const store = openStore();
    let faults = 5;
    proxy.fateOf = (request) => (faults-- > 0 ? (isBulk(request) ? 'lose-answer' : 'drop') : 'pass');
    const commit = await store.append(draft('contact.a'));
    expect(await store.read('contact.a')).toEqual([commit]);
  });

  test('gives up as unknown when the store stays away', async () => {
    const store = openStore({ groupCommit: { giveUpAfterMs: 50 } });
    proxy.fateOf = () => 'drop';
    await expect(store.append(draft('contact.a'))).rejects.toBeInstanceOf(StoreUnavailable);
    proxy.fateOf = () => 'pass';
    expect((await store.append(draft('contact.a'))).version).toBe(1);
  });

  test('fails at once, and does not hang, when the database is not there', async () => {
    const store = openStore({ tenant: server.newTenant() });
    const both = await Promise.allSettled([
      store.append(draft('contact.a')),
      store.append(draft('contact.b')),
    ]);
    expect(
      both.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof CouchRefused),
    ).toEqual([true, true]);
  });

  test('is refused after the store has been stopped, and finished before', async () => {
    const store = openStore();
    const under = store.append(draft('contact.a'));
    await store.stop();
    expect((await under).version).toBe(1);
    await expect(store.append(draft('contact.b'))).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('group commit', () => {
  test('sends together what came while a request was under way', async () => {
    const store = openStore();
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.append(draft(`contact.c${n}`))));
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(100);
    expect(batches.length).toBeLessThanOrEqual(2);
  });

  test('keeps to its limits of count and size, and one commit of a stream at a time', async () => {
    const store = openStore({ groupCommit: { maxCommits: 10, maxLength: 5_000 } });
    const many = Array.from({ length: 25 }, (_, n) => store.append(draft(`contact.c${n}`)));
    await Promise.all(many);
    expect(Math.max(...batches)).toBeLessThanOrEqual(10);
    batches.length = 0;
    await Promise.all(
      ['a', 'b', 'c'].map((name) => store.append(draft(`big.${name}`, emptyHead, 'x'.repeat(4_000)))),
    );
    expect(batches).toEqual([1, 1, 1]);
    batches.length = 0;
    await Promise.allSettled(
      ['x', 'y', 'z'].map((text) => store.append(draft('contact.same', emptyHead, text))),
    );
    expect(batches).toEqual([1, 1, 1]);
  });
});

test('a commit too large for the server fails alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'recado-small-'));
  const small = await startEmbeddedCouchdb({ directory, maxBodyBytes: 20_000 });
  const couch = connectCouch({ url: small.url });
  await installEventsDatabase(couch, 'small');
  const store = createCouchEventStore({ couch, tenant: 'small' });
  onTestFinished(async () => {
    await store.stop();
    await small.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const texts = ['a', 'b', 'x'.repeat(30_000), 'c', 'd'];
  const outcomes = await Promise.allSettled(
    texts.map((text, n) => store.append(draft(`contact.c${n}`, emptyHead, text))),
  );
  expect(outcomes.map((outcome) => outcome.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(outcomes[2]).toMatchObject({ reason: { name: 'CouchRefused', status: 413 } });
});

describe('the feed', () => {
  const follow = (store: CouchEventStore, until: number) => {
    const controller = new AbortController();
    const ids: string[] = [];
    const enough = Promise.withResolvers<void>();
    const ended = (async () => {
      for await (const batch of store.changes({ after: null, live: true, signal: controller.signal })) {
        ids.push(...batch.commits.map((commit) => commit._id));
        if (ids.length >= until) enough.resolve();
      }
    })();
    return {
      ids,
      enough: enough.promise,
      async end() {
        controller.abort();
        await ended;
      },
    };
  };
  const appendChain = async (stream: string, count: number): Promise<string[]> => {
    const direct = createCouchEventStore({ couch: server.couch, tenant });
    let head = emptyHead;
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const commit = await direct.append(draft(stream, head));
      ids.push(commit._id);
      head = commit;
    }
    await direct.stop();
    return ids;
  };

  test('loses and repeats nothing when its connection breaks again and again', async () => {
    const feed = follow(openStore(), 30);
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) {
      ids.push(...(await appendChain(`contact.c${n}`, 3)));
      proxy.breakConnections();
    }
    await feed.enough;
    await feed.end();
    expect(feed.ids).toEqual(ids);
  });

  test('opens again when the server falls silent', async () => {
    let silent = 2;
    proxy.fateOf = ({ path }) => (path.includes('longpoll') && silent-- > 0 ? 'swallow' : 'pass');
    const feed = follow(openStore({ heartbeatMs: 100 }), 1);
    await expect.poll(() => reconnects, patiently).toBeGreaterThanOrEqual(2);
    const ids = await appendChain('contact.a', 1);
    await feed.enough;
    await feed.end();
    expect(feed.ids).toEqual(ids);
  });

  test('takes a broken answer for none', async () => {
    const ids = await appendChain('contact.a', 4);
    let cuts = 3;
    proxy.fateOf = ({ path }) => (path.includes('_changes') && cuts-- > 0 ? 'cut' : 'pass');
    const feed = follow(openStore(), 4);
    await feed.enough;
    await feed.end();
    expect(feed.ids).toEqual(ids);
    expect(reconnects).toBeGreaterThanOrEqual(3);
  });

  test('passes over what is no commit, and tells', async () => {
    const [good] = await appendChain('contact.a', 1);
    const moved = { ...seal(draft('contact.b')), _id: 'contact.z:00000001' };
    await server.couch.database(eventsDatabase(tenant)).bulk([{ _id: 'note', text: 'secreto' }, moved]);
    const [after] = await appendChain('contact.c', 1);
    const store = openStore();
    const feed = follow(store, 2);
    await feed.enough;
    await feed.end();
    expect(feed.ids).toEqual([good, after]);
    expect(malformed).toBe(2);
    expect(warnings).toContainEqual(expect.objectContaining({ id: 'note' }));
    expect(warnings).toContainEqual(expect.objectContaining({ id: 'contact.z:00000001' }));
    expect(JSON.stringify(warnings)).not.toContain('secreto');
    expect(await store.read('contact.z')).toEqual([]);
  });

  test('keeps the order of a stream whose commits were stored in another', async () => {
    const first = seal(draft('contact.a'));
    const second = seal(draft('contact.a', first));
    const third = seal(draft('contact.a', second));
    const events = server.couch.database(eventsDatabase(tenant));
    for (const commit of [third, first, second]) await events.bulk([commit]);
    const feed = follow(openStore(), 3);
    await feed.enough;
    await feed.end();
    expect(feed.ids).toEqual([first._id, second._id, third._id]);
  });

  test('that is not live tells a fault instead of waiting for better times', async () => {
    proxy.fateOf = () => 503;
    const feed = openStore().changes({ after: null, live: false, signal: new AbortController().signal });
    await expect(feed[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

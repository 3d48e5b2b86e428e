import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../event-store.ts';
import { startTestStore, type TestStore } from '../store.testkit.ts';
import { connectCouch, type CouchConnection } from './connect.ts';
import type { CouchDatabase } from './database.ts';
import { CouchRefused, DocumentConflict } from './faults.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.testkit.ts';

let server: TestStore;
let proxy: FaultyProxy;
let couch: CouchConnection;
let database: CouchDatabase;

beforeAll(async () => {
  server = await startTestStore();
  proxy = await startFaultyProxy(server.couchUrl);
  const { username, password } = new URL(server.couchUrl);
  const url = new URL(proxy.url);
  Object.assign(url, { username, password });
  couch = connectCouch({ url: url.href, timeoutMs: 2_000 });
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});
beforeEach(async () => {
  proxy.fateOf = () => 'pass';
  const name = `recado-${server.newTenant()}-work`;
  await couch.ensureDatabase(name);
  database = couch.database(name);
});

describe('a connection', () => {
  test('moves the credentials of its URL into a header', async () => {
    const echo = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ authorization: request.headers.authorization, path: request.url }));
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    const its = connectCouch({ url: `http://ana:p%40ss%20word@127.0.0.1:${port}/couch/` });
    const authorization = `Basic ${Buffer.from('ana:p@ss word').toString('base64')}`;
    expect(its.url).toBe(`http://127.0.0.1:${port}/couch`);
    expect(await its.call({ path: 'db' })).toEqual({ authorization, path: '/couch/db' });
    expect(await (await its.fetch('db')).json()).toEqual({ authorization, path: '/couch/db' });
    echo.close();
    echo.closeAllConnections();
  });

  test('says whether it created a database, or deleted one', async () => {
    const name = `recado-${server.newTenant()}-work`;
    expect(await couch.ensureDatabase(name, { q: 1 })).toBe(true);
    expect(await couch.ensureDatabase(name)).toBe(false);
    expect(await couch.databaseNames(name)).toEqual([name]);
    expect(await couch.destroyDatabase(name)).toBe(true);
    expect(await couch.destroyDatabase(name)).toBe(false);
  });

  test.each([['drop'], ['lose-answer'], ['cut'], [500], [503], [429]] as const)(
    'calls the store unavailable when the fate of a request is %s',
    async (fate) => {
      await database.put({ _id: 'x' });
      proxy.fateOf = () => fate;
      await expect(database.getOrNull('x')).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(database.bulk([{ _id: 'y' }])).rejects.toBeInstanceOf(StoreUnavailable);
    },
  );

  test('calls the store unavailable when nothing listens', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    const its = connectCouch({ url: `http://127.0.0.1:${port}` });
    await expect(its.call({ path: '' })).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(its.fetch('')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('takes a broken "not found" neither for an empty answer nor for a passing fault', async () => {
    proxy.fateOf = () => 'cut';
    await expect(database.getOrNull('nothing')).rejects.toMatchObject({ name: 'CouchRefused', status: 404 });
  });

  test('waits no longer than it was told', async () => {
    proxy.fateOf = () => 'hang';
    const started = performance.now();
    await expect(couch.call({ path: '', timeoutMs: 100 })).rejects.toBeInstanceOf(StoreUnavailable);
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test('ends with the reason of the signal that its caller aborts', async () => {
    proxy.fateOf = () => 'hang';
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const call = couch.call({ path: '', signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test('keeps what customers wrote and who asked out of its errors', async () => {
    proxy.fateOf = () => 500;
    const secret = { _id: 'x', text: 'mi contraseña es 1234' };
    const error = await database.put(secret).catch((caught: unknown) => caught);
    const text = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
    expect(text).not.toContain('1234');
    expect(text.toLowerCase()).not.toContain('authorization');
  });
});

describe('a database', () => {
  test('tells a missing document from a missing database', async () => {
    expect(await database.getOrNull('nothing')).toBeNull();
    const rev = await database.put({ _id: 'gone' });
    await database.remove({ id: 'gone', rev });
    expect(await database.getOrNull('gone')).toBeNull();
    const absent = couch.database('recado-absent-work');
    await expect(absent.getOrNull('x')).rejects.toMatchObject({
      name: 'CouchRefused',
      status: 404,
      code: 'not_found',
    });
    await expect(absent.allDocs()).rejects.toBeInstanceOf(CouchRefused);
  });

  test('stores what it is given under any id', async () => {
    for (const id of [
      'plain',
      'a/b',
      'a b&c#d+e%f?g',
      'ñ👩‍👧',
      'identity:wa_phone:+5215551234',
      '_local/mine',
    ]) {
      const rev = await database.put({ _id: id, text: `<${id}>` });
      expect(await database.getOrNull(id)).toMatchObject({ _id: id, _rev: rev, text: `<${id}>` });
    }
  });

  test('refuses to overwrite what it was not shown', async () => {
    const first = await database.put({ _id: 'x', n: 1 });
    await expect(database.put({ _id: 'x', n: 2 })).rejects.toEqual(new DocumentConflict('x'));
    await database.put({ _id: 'x', _rev: first, n: 2 });
    await expect(database.put({ _id: 'x', _rev: first, n: 3 })).rejects.toBeInstanceOf(DocumentConflict);
    await expect(database.remove({ id: 'x', rev: first })).rejects.toBeInstanceOf(DocumentConflict);
    expect(await database.getOrNull('x')).toMatchObject({ n: 2 });
  });

  test('overwrites on request, also when several do at once', async () => {
    await Promise.all([1, 2, 3, 4].map((n) => database.overwrite('x', { n })));
    await database.overwrite('x', { n: 5 });
    expect(await database.getOrNull('x')).toMatchObject({ n: 5 });
  });

  test('answers a bulk row by row', async () => {
    await database.put({ _id: 'b' });
    const rows = await database.bulk([{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }]);
    expect(rows.map((row) => [row.id, row.error ?? 'ok'])).toEqual([
      ['a', 'ok'],
      ['b', 'conflict'],
      ['c', 'ok'],
    ]);
  });

  test('gives ranges of ids by their bytes, both ways', async () => {
    const ids = ['a.', 'a.1', 'a.A', 'a.a', 'a.b', 'a/', 'b'];
    await database.bulk(ids.map((_id) => ({ _id })));
    const within = { startKey: 'a.', endKey: 'a.b' };
    expect((await database.allIds(within)).map((row) => row.id)).toEqual(['a.', 'a.1', 'a.A', 'a.a', 'a.b']);
    const back = await database.allDocs({
      startKey: 'a.b',
      endKey: 'a.',
      descending: true,
      limit: 2,
      skip: 1,
    });
    expect(back.map((doc) => doc._id)).toEqual(['a.a', 'a.A']);
  });

  test('gives many documents in the order asked for, null for those it has not', async () => {
    await database.bulk([{ _id: 'a' }, { _id: 'b' }]);
    const removed = await database.getOrNull('b');
    await database.remove({ id: 'b', rev: removed?._rev ?? '' });
    const docs = await database.getMany(['c', 'a', 'b', 'a']);
    expect(docs.map((doc) => doc?._id ?? null)).toEqual([null, 'a', null, 'a']);
    expect(await database.getMany([])).toEqual([]);
  });

  test('tells changes page by page', async () => {
    await database.bulk([{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }]);
    const first = await database.changes<object>({ since: '0', limit: 2 });
    const second = await database.changes<object>({ since: first.lastSeq, limit: 2 });
    expect([...first.rows, ...second.rows].map((row) => row.doc?._id).sort()).toEqual(['a', 'b', 'c']);
    expect((await database.changes({ since: second.lastSeq, limit: 2 })).rows).toEqual([]);
  });

  test('waits for a change', async () => {
    const { lastSeq: since } = await database.changes({ since: 'now', limit: 1 });
    const { signal } = new AbortController();
    const waiting = database.longpoll<{ n: number }>({ since, limit: 10, signal, heartbeatMs: 1_000 });
    await database.put({ _id: 'later', n: 1 });
    expect((await waiting).rows.map((row) => row.doc)).toMatchObject([{ _id: 'later', n: 1 }]);
  });

  test('ends a wait when the server falls silent', async () => {
    proxy.fateOf = ({ path }) => (path.includes('longpoll') ? 'swallow' : 'pass');
    const { signal } = new AbortController();
    const waiting = database.longpoll({ since: '0', limit: 10, signal, heartbeatMs: 50 });
    await expect(waiting).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('ends a wait that its caller aborts', async () => {
    const { lastSeq: since } = await database.changes({ since: 'now', limit: 1 });
    const controller = new AbortController();
    const waiting = database.longpoll({ since, limit: 10, signal: controller.signal, heartbeatMs: 1_000 });
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });
});

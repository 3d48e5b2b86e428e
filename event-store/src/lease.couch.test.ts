import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connectCouch } from './couch/connect.ts';
import type { CouchDatabase } from './couch/database.ts';
import { type FaultyProxy, startFaultyProxy } from './couch/faulty-proxy.testkit.ts';
import { createLeases, type LeasesDeps } from './lease.ts';
import type { Lease } from './ports.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';

const patiently = { timeout: 10_000 };

let server: TestStore;
let proxy: FaultyProxy;
let database: CouchDatabase;
let overProxy: CouchDatabase;
/** Passes only where a test lets it pass, so that a slow machine loses no lease. */
let now: number;

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
  now = Date.parse('2026-11-20T14:00:00.000Z');
  const name = `recado-${server.newTenant()}-work`;
  await server.couch.ensureDatabase(name);
  database = server.couch.database(name);
  const url = new URL(proxy.url);
  const { username, password } = new URL(server.couchUrl);
  Object.assign(url, { username, password });
  overProxy = connectCouch({ url: url.href, timeoutMs: 5_000 }).database(name);
});

const leasesOf = (options: Partial<LeasesDeps> = {}) =>
  createLeases({ database, clock: () => now, clockSkewMs: 50, pollMs: 20, renewEveryMs: 20, ...options });
const releasedAtEnd = (lease: Lease): Lease => {
  onTestFinished(() => lease.release());
  return lease;
};
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

describe('a lease', () => {
  test('is taken at once when it is free', async () => {
    const lease = releasedAtEnd(await leasesOf().hold('router', { holder: 'a' }));
    expect(lease.fence).toBe(1);
    expect(lease.signal.aborted).toBe(false);
    expect(await database.getOrNull('lease.router')).toMatchObject({ holder: 'a', fence: 1 });
  });

  test('passes on when it is released, with a higher fence, long before it would expire', async () => {
    const first = await leasesOf().hold('router', { holder: 'a', ttlMs: 60_000 });
    const second = leasesOf().hold('router', { holder: 'b', ttlMs: 60_000 });
    await first.release();
    expect(first.signal.aborted).toBe(true);
    expect(releasedAtEnd(await second).fence).toBe(2);
  });

  test('of one name does not keep those of others', async () => {
    releasedAtEnd(await leasesOf().hold('router', { holder: 'a' }));
    expect(releasedAtEnd(await leasesOf().hold('outbox', { holder: 'b' })).fence).toBe(1);
  });

  test('is kept by renewing it, past its time to live', async () => {
    const lease = releasedAtEnd(await leasesOf().hold('router', { holder: 'a', ttlMs: 60_000 }));
    let taken = false;
    const controller = new AbortController();
    const other = leasesOf({ pollMs: 5 }).hold('router', { holder: 'b', signal: controller.signal });
    const refused = expect(other.finally(() => (taken = true))).rejects.toThrow('enough');
    for (let renewals = 0; renewals < 6; renewals++) {
      const before = await database.getOrNull('lease.router');
      now += 25_000;
      await expect
        .poll(async () => (await database.getOrNull('lease.router'))?._rev, patiently)
        .not.toBe(before?._rev);
    }
    expect(taken).toBe(false);
    expect(lease.signal.aborted).toBe(false);
    controller.abort(new Error('enough'));
    await refused;
  });

  test('of a holder that died is taken after it has expired, and not before', async () => {
    const crashed = { holder: 'dead', token: 'dead', expiresAt: new Date(now + 200).toISOString(), fence: 7 };
    await database.put({ _id: 'lease.router', ...crashed });
    let looks = 0;
    const watched = {
      ...database,
      getOrNull: <T>(id: string) => {
        looks++;
        return database.getOrNull<T>(id);
      },
    };
    let taken = false;
    const next = leasesOf({ database: watched, clockSkewMs: 100, pollMs: 5 }).hold('router', { holder: 'b' });
    void next.then(() => (taken = true));
    now += 299;
    const looksBefore = looks;
    await expect.poll(() => looks, patiently).toBeGreaterThan(looksBefore + 3);
    expect(taken).toBe(false);
    now += 1;
    expect(releasedAtEnd(await next).fence).toBe(8);
  });

  test('of a process that is certainly gone is taken at once', async () => {
    const processOf = (mark: string, gone: string[]) => ({
      mark,
      isGone: (other: string) => gone.includes(other),
    });
    await leasesOf({ process: processOf('first', []) }).hold('router', { holder: 'a', ttlMs: 60_000 });
    const waiting = new AbortController();
    const unsure = leasesOf({ process: processOf('second', []) }).hold('router', {
      holder: 'b',
      signal: waiting.signal,
    });
    const lease = await leasesOf({ process: processOf('third', ['first']) }).hold('router', { holder: 'c' });
    expect(releasedAtEnd(lease).fence).toBe(2);
    expect(await database.getOrNull('lease.router')).toMatchObject({ holder: 'c', process: 'third' });
    waiting.abort(new Error('enough'));
    await expect(unsure).rejects.toThrow('enough');
  });

  test('is given up by itself when the store stays away, before anyone else can take it', async () => {
    const lost = await leasesOf({ database: overProxy }).hold('router', { holder: 'a', ttlMs: 60_000 });
    const next = leasesOf({ pollMs: 5 }).hold('router', { holder: 'b', ttlMs: 60_000 });
    let taken = false;
    void next.then(() => (taken = true));
    proxy.fateOf = () => 'drop';
    const { expiresAt } = (await database.getOrNull<{ expiresAt: string }>('lease.router')) ?? {
      expiresAt: '',
    };
    now = Date.parse(expiresAt);
    await aborted(lost.signal);
    expect(taken).toBe(false);
    now += 50;
    expect(releasedAtEnd(await next).fence).toBe(lost.fence + 1);
  });

  test('is given up in time even when the renewal hangs', async () => {
    const hanging = { ...overProxy, put: () => new Promise<string>(() => undefined) };
    let puts = 0;
    const lease = await leasesOf({
      database: { ...overProxy, put: (doc) => (puts++ === 0 ? overProxy.put(doc) : hanging.put()) },
    }).hold('router', { holder: 'a', ttlMs: 150 });
    const started = Date.now();
    await aborted(lease.signal);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('outlasts a moment without the store, and renewals whose answers are lost', async () => {
    const lease = releasedAtEnd(
      await leasesOf({ database: overProxy }).hold('router', { holder: 'a', ttlMs: 60_000 }),
    );
    let faults = 2;
    proxy.fateOf = ({ method }) => (method === 'PUT' && faults-- > 0 ? 'lose-answer' : 'pass');
    await expect.poll(() => faults, patiently).toBeLessThan(-1);
    expect(lease.signal.aborted).toBe(false);
  });

  test('taken by a request whose answer was lost is known as its own', async () => {
    let faults = 1;
    proxy.fateOf = ({ method }) => (method === 'PUT' && faults-- > 0 ? 'lose-answer' : 'pass');
    const lease = releasedAtEnd(
      await leasesOf({ database: overProxy }).hold('router', { holder: 'a', ttlMs: 60_000 }),
    );
    expect(lease.fence).toBe(1);
  });

  test('that was taken away tells its holder to stop', async () => {
    const lease = await leasesOf().hold('router', { holder: 'a', ttlMs: 60_000 });
    await database.overwrite('lease.router', {
      holder: 'admin',
      token: 'admin',
      expiresAt: '2999-01-01T00:00:00.000Z',
      fence: 9,
    });
    await aborted(lease.signal);
    await lease.release();
    expect(await database.getOrNull('lease.router')).toMatchObject({ holder: 'admin', fence: 9 });
  });

  test('is never held by two of many who want it, and its fence rises each time', async () => {
    let holders = 0;
    let most = 0;
    const fences: number[] = [];
    const contend = async (holder: string): Promise<void> => {
      for (let turn = 0; turn < 4; turn++) {
        const lease = await leasesOf({ pollMs: 2 }).hold('router', { holder, ttlMs: 5_000 });
        most = Math.max(most, ++holders);
        fences.push(lease.fence);
        await delay(1);
        holders--;
        await lease.release();
      }
    };
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(contend));
    expect(most).toBe(1);
    expect(fences).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });
});

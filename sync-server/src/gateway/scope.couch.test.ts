import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, startTestServer, type TestServer } from '../sync-server.testkit.ts';

let kit: TestServer;
let ana: Device;
let bruno: Device;
let boss: Device;
let quality: Device;
let conversation: string;
beforeAll(async () => {
  kit = await startTestServer();
  for (const name of ['ana', 'bruno']) await kit.addUser(name, ['agent']);
  await kit.addUser('boss', ['supervisor']);
  await kit.addUser('quality', ['quality']);
  ana = await kit.login('ana');
  bruno = await kit.login('bruno');
  boss = await kit.login('boss');
  quality = await kit.login('quality');
  conversation = await kit.assigned('s1', 'ana');
  await kit.settled();
  await kit.tenant.worker.upkeep();
});
afterAll(() => kit.stop());

const post = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });

/** As it stands on the wire: `fetch` would tidy the path. */
const rawStatus = (path: string, cookie: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request(`${kit.url}`, { path, headers: { cookie } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

describe('what a session reaches through the gateway', () => {
  test('nothing without a session, or with a wrong one', async () => {
    for (const path of ['/sync/conv', '/sync/conv/_changes', '/sync/feed/_changes', '/sync/nothing']) {
      for (const headers of [{}, { cookie: 'recado=forged' }] as Record<string, string>[]) {
        const response = await fetch(`${kit.url}${path}`, { headers });
        expect([path, response.status, await response.json()]).toMatchObject([
          path,
          401,
          { code: 'unauthenticated' },
        ]);
      }
    }
    const pushed = await fetch(`${kit.url}/sync/cmd/_bulk_docs`, post({ docs: [] }));
    expect(pushed.status).toBe(401);
  });

  test('its own mailbox only: a colleague sees nothing of the conversation', async () => {
    const id = `conv.${conversation}`;
    expect((await ana.fetch(`/sync/conv/${id}`)).status).toBe(200);
    expect((await bruno.fetch(`/sync/conv/${id}`)).status).toBe(404);
    expect(await bruno.json('/sync/conv/_changes?include_docs=true')).toMatchObject({ results: [] });
    expect(
      await bruno.json('/sync/msg/_all_docs', post({ keys: [`msg.${conversation}.in-s1`] })),
    ).toMatchObject({ rows: [{ error: 'not_found' }] });
  });

  test.each([
    '_all_dbs',
    '_users',
    '_replicate',
    'recado-directory',
    'events',
    '_utils',
    'conv2',
    'CONV',
    '',
  ])('no database by the name of %j', async (name) => {
    expect((await ana.fetch(`/sync/${name}/_changes`)).status).toBe(404);
  });

  test('no way out of the collection by encoded slashes, dots or odd ids', async () => {
    const events = `recado-${kit.tenantId}-events`;
    for (const path of [
      `/sync/conv%2f..%2f..%2f${events}/_all_docs`,
      `/sync/conv/..%2f${events}`,
      `/sync/conv/..%2f..%2f_all_dbs`,
      `/sync/conv/../../${events}/_all_docs`,
      `/sync/${events}/_all_docs`,
      `/sync/conv/_design%2fappend-only`,
      `/sync/conv/_design/x`,
      '/sync/conv/_security',
      '/sync/conv/_find',
      '/sync/conv/_local%2fx',
      `/sync/conv/msg.${conversation}.in-s1`,
      '/sync/conv/conv.',
      '/sync/conv/%00',
      `/sync/conv/conv.${conversation}/attachment`,
    ]) {
      expect([path, await rawStatus(path, ana.cookie)]).toEqual([path, 404]);
    }
    expect(await rawStatus('/sync/conv/%E0%A4%A', ana.cookie)).toBe(400);
  });

  test('only ids of the collection, by key, by range, by revision', async () => {
    const foreign = `msg.${conversation}.in-s1`;
    expect(
      await ana.json('/sync/conv/_all_docs', post({ keys: [foreign], include_docs: true })),
    ).toMatchObject({
      rows: [{ key: foreign, error: 'not_found' }],
    });
    const range = await ana.json<{ rows: { id: string }[] }>(
      `/sync/conv/_all_docs?startkey=${encodeURIComponent('"a"')}&endkey=${encodeURIComponent('"z"')}`,
    );
    expect(range.rows.map((row) => row.id)).toEqual([`conv.${conversation}`]);
    expect(await ana.json('/sync/conv/_bulk_get', post({ docs: [{ id: foreign }] }))).toMatchObject({
      results: [{ id: foreign, docs: [{ error: { error: 'not_found' } }] }],
    });
    expect(await ana.json('/sync/conv/_revs_diff', post({ [foreign]: ['1-abc'] }))).toEqual({
      [foreign]: { missing: ['1-abc'] },
    });
  });

  test('the board only for those who may see it; roles without a mailbox have no collections', async () => {
    expect((await ana.fetch('/sync/board/_changes')).status).toBe(404);
    expect((await boss.fetch('/sync/board/_changes')).status).toBe(200);
    const feed = await ana.json<{ results: { id: string }[] }>('/sync/feed/_changes');
    expect(feed.results.some((row) => row.id.startsWith('board.'))).toBe(false);
    for (const name of ['conv', 'msg', 'ref', 'board', 'cmd', 'feed'])
      expect((await quality.fetch(`/sync/${name}/_changes`)).status).toBe(404);
    expect(await quality.json('/api/session')).toMatchObject({ mailboxEpoch: null });
  });

  test('writes to pulled collections are conflicts and change nothing', async () => {
    const id = `conv.${conversation}`;
    const before = await ana.json(`/sync/conv/${id}`);
    const rows = await ana.json(
      '/sync/conv/_bulk_docs',
      post({ docs: [{ ...before, contactName: 'forged' }, { _id: 'conv.new' }] }),
    );
    expect(rows).toMatchObject([
      { id, error: 'conflict' },
      { id: 'conv.new', error: 'conflict' },
    ]);
    expect(await ana.json(`/sync/conv/${id}`)).toEqual(before);
    expect((await ana.fetch(`/sync/conv/${id}`, { method: 'DELETE' })).status).toBe(405);
    expect((await ana.fetch(`/sync/conv/${id}`, { method: 'PUT', body: '{}' })).status).toBe(405);
  });

  test('malformed questions are 400 with a code', async () => {
    for (const [path, init] of [
      ['/sync/conv/_changes?limit=many', {}],
      ['/sync/conv/_changes?feed=eventsource', {}],
      ['/sync/conv/_changes?since=%22nonsense%22', {}],
      ['/sync/conv/_changes?filter=_selector', {}],
      ['/sync/conv/_all_docs?keys=[', {}],
      ['/sync/cmd/_bulk_docs', { method: 'POST', body: '{' }],
      ['/sync/cmd/_bulk_docs', post({ docs: 'none' })],
      ['/sync/cmd/_bulk_docs', post({ docs: [{ noId: true }] })],
      ['/sync/conv/_all_docs', post({ keys: [1] })],
      ['/sync/conv/_bulk_get', post([])],
      ['/sync/conv/_revs_diff', post({ a: 1 })],
    ] as [string, RequestInit][]) {
      const response = await ana.fetch(path, init);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        400,
        expect.stringContaining('problem+json'),
      ]);
      expect(['invalid_request', 'invalid_json']).toContain(
        ((await response.json()) as { code: string }).code,
      );
    }
  });
});

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DirectoryInUse, startEmbeddedCouchdb } from './server.ts';
import type { EmbeddedCouchdb, EmbeddedCouchdbOptions } from './server.ts';

const atEnd: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of atEnd.splice(0).reverse()) await close();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'recado-couchdb-'));
  atEnd.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(options: Partial<EmbeddedCouchdbOptions> = {}): Promise<EmbeddedCouchdb> {
  const directory = options.directory ?? (await newFolder());
  const server = await startEmbeddedCouchdb({ ...options, directory });
  atEnd.push(() => server.stop().catch(() => undefined));
  return server;
}

const put = (url: string, body: unknown = {}) => fetch(url, { method: 'PUT', body: JSON.stringify(body) });

describe('the directory', () => {
  it('has one owner at a time', async () => {
    const directory = await newFolder();
    const first = await start({ directory });
    await expect(startEmbeddedCouchdb({ directory })).rejects.toMatchObject({ code: 'directory_in_use' });
    await expect(startEmbeddedCouchdb({ directory })).rejects.toBeInstanceOf(DirectoryInUse);
    const link = join(await newFolder(), 'same-place');
    await symlink(directory, link);
    await expect(startEmbeddedCouchdb({ directory: link })).rejects.toBeInstanceOf(DirectoryInUse);
    expect((await fetch(`${first.url}/_up`)).status).toBe(200);

    await first.stop();
    const second = await start({ directory });
    expect((await fetch(`${second.url}/_up`)).status).toBe(200);
  });

  it('is given up again when the port is taken', async () => {
    const { port } = await start();
    const directory = await newFolder();
    await expect(startEmbeddedCouchdb({ directory, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await start({ directory });
  });

  it('keeps databases, settings and documents from one start to the next', async () => {
    const directory = await newFolder();
    const first = await start({ directory });
    await put(`${first.url}/a%2Fb`);
    await put(`${first.url}/a%2Fb/doc`, { kept: true });
    await put(`${first.url}/a%2Fb/_revs_limit`, 5);
    const info = await (await fetch(`${first.url}/a%2Fb`)).json();
    await first.stop();

    const second = await start({ directory });
    expect(await (await fetch(`${second.url}/_all_dbs`)).json()).toEqual(['a/b']);
    expect(await (await fetch(`${second.url}/a%2Fb/doc`)).json()).toMatchObject({ kept: true });
    expect(await (await fetch(`${second.url}/a%2Fb/_revs_limit`)).json()).toBe(5);
    const { update_seq, instance_start_time } = info as Record<string, unknown>;
    expect(await (await fetch(`${second.url}/a%2Fb`)).json()).toMatchObject({
      update_seq,
      instance_start_time,
    });
  });
});

describe('the server', () => {
  it('listens on the loopback alone', async () => {
    const { url } = await start();
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it('refuses requests that a web page of another origin made', async () => {
    const { url, port } = await start();
    await put(`${url}/a`);
    const status = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', path: '/a', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
    expect(await status({ host: `rebound.example:${port}` })).toBe(403);
    expect(await status({ host: `127.0.0.1:${port}`, origin: 'https://page.example' })).toBe(403);
    expect(await status({ host: `localhost:${port}`, origin: 'http://localhost:3000' })).toBe(200);
  });

  it('refuses a body that is too large, by its announced and by its real size', async () => {
    const { url } = await start({ maxBodyBytes: 1000 });
    await put(`${url}/a`);
    const announced = await put(`${url}/a/doc`, { text: 'x'.repeat(2000) });
    expect([announced.status, await announced.json()]).toEqual([
      413,
      { error: 'too_large', reason: 'the request entity is too large' },
    ]);
    const chunked = await fetch(`${url}/a/doc`, {
      method: 'PUT',
      body: new Blob(['{"text":"', 'x'.repeat(2000), '"}']).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect((await put(`${url}/a/doc`, { text: 'x'.repeat(500) })).status).toBe(201);
  });

  it('says of what it does not serve that it does not', async () => {
    const { url } = await start();
    await put(`${url}/a`);
    await put(`${url}/a/doc`);
    const attachment = { _attachments: { photo: { content_type: 'image/png', data: 'AAAA' } } };
    for (const [method, path, body] of [
      ['GET', '/_config'],
      ['GET', '/_replicator_jobs'],
      ['GET', '/a/_design/x/_view/y'],
      ['POST', '/a/_purge', {}],
      ['PUT', '/a/doc/photo', {}],
      ['PUT', '/a/with-attachment', attachment],
    ] as const) {
      const response = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
      expect([path, response.status, await response.json()]).toEqual([
        path,
        501,
        { error: 'not_implemented', reason: expect.any(String) },
      ]);
    }
    expect((await fetch(`${url}/a/with-attachment`)).status).toBe(404);
    const malformed = await fetch(`${url}/a/%E0%A4%A`);
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: 'bad_request' }]);
  });

  it('survives clients that break off in the middle', async () => {
    const { url, port } = await start();
    await put(`${url}/a`);
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.write(`PUT /a/half HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100\r\n\r\n{"half":`);
    const poll = new AbortController();
    const feed = await fetch(`${url}/a/_changes?feed=continuous&since=0&heartbeat=20`, {
      signal: poll.signal,
    });
    await feed.body?.getReader().read();
    socket.destroy();
    poll.abort();
    expect((await put(`${url}/a/whole`)).status).toBe(201);
    expect((await fetch(`${url}/a/half`)).status).toBe(404);
  });

  it('ends waiting feeds when it stops and when their database is deleted', async () => {
    const server = await start();
    for (const name of ['deleted', 'stopped']) await put(`${server.url}/${name}`);
    const poll = async (name: string) =>
      (await fetch(`${server.url}/${name}/_changes?feed=longpoll&since=now&heartbeat=60000`)).json();
    const [deleted, stopped] = [poll('deleted'), poll('stopped')];
    await fetch(`${server.url}/deleted`, { method: 'DELETE' });
    expect(await deleted).toMatchObject({ results: [] });
    await server.stop();
    expect(await stopped).toMatchObject({ results: [] });
  });

  it('serves many databases with the files of few open', async () => {
    const { url } = await start({ maxOpenDatabases: 5 });
    const names = Array.from({ length: 40 }, (_, n) => `mailbox-${n}`);
    const feeds = names.map(async (name) => {
      await put(`${url}/${name}`);
      const feed = fetch(`${url}/${name}/_changes?feed=longpoll&since=0&heartbeat=60000`);
      return (await feed).json();
    });
    for (const round of [1, 2]) {
      for (const name of names) {
        let status = 404;
        while (status === 404) ({ status } = await put(`${url}/${name}/doc-${round}`, { of: name }));
        expect(status).toBe(201);
      }
    }
    expect(
      (await Promise.all(feeds)).every((feed) => (feed as { results: unknown[] }).results.length > 0),
    ).toBe(true);
    for (const name of names) {
      expect(await (await fetch(`${url}/${name}`)).json()).toMatchObject({ db_name: name, doc_count: 2 });
    }
  });
});

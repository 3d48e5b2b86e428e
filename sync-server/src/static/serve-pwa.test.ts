import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../http/app.ts';
import { servePwa } from './serve-pwa.ts';

let folder: string;
let server: Server;
let url: string;
const script = '\n  import("/_app/start.js");\n';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-pwa-'));
  const app = createApp({
    logger: pino({ level: 'silent' }),
    publicUrl: null,
    secureCookies: false,
    measure: (_ctx, next) => next(),
    parts: [servePwa({ directory: join(folder, 'build') })],
  });
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const build = async () => {
  await mkdir(join(folder, 'build/_app/immutable'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'not for browsers');
  const files = {
    '200.html': `<!doctype html><script src="/x.js"></script><script>${script}</script>`,
    '_app/immutable/a.js': 'export const a = 1;'.repeat(200),
    'service-worker.js': '// worker',
    'manifest.webmanifest': '{}',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'build', name), text);
};
/** As a later build would: the file's time moves on, however fast the test runs. */
let later = 0;
const write = async (name: string, text: string) => {
  const path = join(folder, 'build', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  later += 5_000;
  await utimes(path, new Date(), new Date(Date.now() + later));
};
const page = (path: string, headers: Record<string, string> = { accept: 'text/html' }) =>
  fetch(`${url}${path}`, { headers });

describe('the interface', () => {
  test('that has not been built says so, and is served once it is', async () => {
    const missing = await page('/');
    expect([missing.status, await missing.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    await build();
    expect((await page('/')).status).toBe(200);
  });

  test('is served with caching by kind', async () => {
    await build();
    const cachingOf = async (path: string) => (await page(path)).headers.get('cache-control');
    expect(await cachingOf('/_app/immutable/a.js')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/inbox/deep/link', '/service-worker.js'])
      expect([path, await cachingOf(path)]).toEqual([path, 'no-cache']);
    expect((await page('/manifest.webmanifest')).headers.get('content-type')).toContain(
      'application/manifest+json',
    );
  });

  test('answers deep links with its page, missing files and interfaces of ours with 404', async () => {
    await build();
    expect(await (await page('/inbox/57.c1')).text()).toContain('<!doctype html>');
    for (const path of ['/_app/immutable/gone.js', '/api/gone', '/sync/gone'])
      expect([path, (await page(path)).status]).toEqual([path, 404]);
    expect((await page('/inbox', { accept: 'application/json' })).status).toBe(404);
  });

  test("lets only its own scripts run: ours by origin, the page's by hash", async () => {
    await build();
    const policy = (await page('/')).headers.get('content-security-policy') ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
  });

  test('built anew is served anew', async () => {
    await build();
    expect((await page('/_app/immutable/b.js')).status).toBe(404);
    await write('_app/immutable/b.js', '1');
    await write('200.html', '<!doctype html><p>second build</p>');
    expect(await (await page('/')).text()).toContain('second build');
    expect((await page('/_app/immutable/b.js')).status).toBe(200);
  });

  describe('built anew, for a device that has the app and asks for its worker only', () => {
    // What the browser and the worker ask for, which is never a page by name.
    const asked = (path: string, etag = '') =>
      page(path, { accept: '*/*', 'cache-control': 'max-age=0', ...(etag ? { 'if-none-match': etag } : {}) });

    test('has another worker, and it is whole', async () => {
      await build();
      const before = await asked('/service-worker.js');
      const etag = before.headers.get('etag') ?? '';
      expect((await asked('/service-worker.js', etag)).status).toBe(304);
      await write('service-worker.js', '// the worker of a second build, and a longer one');
      const after = await asked('/service-worker.js', etag);
      expect([after.status, await after.text()]).toEqual([
        200,
        '// the worker of a second build, and a longer one',
      ]);
    });

    test('has the page with the policy that lets its script run', async () => {
      await build();
      await asked('/200.html');
      const second = '\n  import("/_app/second.js"); // longer than the first\n';
      await write('200.html', `<!doctype html><script>${second}</script>`);
      const kept = await asked('/200.html?__WB_REVISION__=2');
      expect(await kept.text()).toContain(second);
      const hash = createHash('sha256').update(second).digest('base64');
      expect(kept.headers.get('content-security-policy')).toContain(`script-src 'self' 'sha256-${hash}';`);
    });

    test('has scripts that were copied after the page', async () => {
      await build();
      await write('200.html', '<!doctype html><p>second build</p>');
      expect((await page('/')).status).toBe(200);
      expect((await asked('/_app/immutable/chunks/late.js')).status).toBe(404);
      await write('_app/immutable/chunks/late.js', 'export {};');
      expect((await asked('/_app/immutable/chunks/late.js')).status).toBe(200);
    });
  });

  test('being built anew lacks what is not there yet, and fails at nothing', async () => {
    await build();
    await page('/');
    await rm(join(folder, 'build/manifest.webmanifest'));
    expect((await page('/manifest.webmanifest', { accept: '*/*' })).status).toBe(404);
    await rm(join(folder, 'build'), { recursive: true });
    expect((await page('/')).status).toBe(503);
    await build();
    expect((await page('/')).status).toBe(200);
  });

  test('is compressed', async () => {
    await build();
    expect(
      (await page('/_app/immutable/a.js', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'),
    ).toBe('gzip');
  });

  test('is sent as the build compressed it, to who understands it', async () => {
    await build();
    const script = Buffer.from(await readFile(join(folder, 'build/_app/immutable/a.js')));
    await writeFile(join(folder, 'build/_app/immutable/a.js.br'), brotliCompressSync(script));
    await writeFile(join(folder, 'build/_app/immutable/a.js.gz'), gzipSync(script, { level: 9 }));
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await page('/_app/immutable/a.js', { 'accept-encoding': accepted });
      expect([accepted, answer.headers.get('content-encoding')]).toEqual([accepted, encoding]);
      expect(answer.headers.get('content-type')).toContain('javascript');
      expect(await answer.text()).toBe(script.toString());
    }
  });

  test('never leads outside its folder', async () => {
    await build();
    for (const path of [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/_app/../../secret.txt',
    ]) {
      const text = await new Promise<string>((resolve, reject) => {
        httpRequest(url, { path, headers: { accept: 'text/html' } }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => resolve(body));
        })
          .on('error', reject)
          .end();
      });
      expect(text).not.toContain('not for browsers');
    }
  });
});

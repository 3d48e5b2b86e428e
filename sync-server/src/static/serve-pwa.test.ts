import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    await writeFile(join(folder, 'build/_app/immutable/b.js'), '1');
    await writeFile(join(folder, 'build/200.html'), '<!doctype html><p>second build</p>');
    await utimes(join(folder, 'build/200.html'), new Date(), new Date(Date.now() + 5_000));
    expect(await (await page('/')).text()).toContain('second build');
    expect((await page('/_app/immutable/b.js')).status).toBe(200);
  });

  test('is compressed', async () => {
    await build();
    expect(
      (await page('/_app/immutable/a.js', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'),
    ).toBe('gzip');
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

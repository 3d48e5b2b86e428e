import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, startTestServer, type TestServer } from '../sync-server.testkit.ts';

let kit: TestServer;
let ana: Device;
beforeAll(async () => {
  kit = await startTestServer();
  await kit.addUser('ana', ['agent']);
  await kit.addUser('quality', ['quality']);
  ana = await kit.login('ana');
});
afterAll(() => kit.stop());

const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
  Buffer.alloc(2_000, 7),
]);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const put = (bytes: Buffer, hash = hashOf(bytes)) =>
  ana.fetch(`/api/media/${hash}`, { method: 'PUT', body: new Uint8Array(bytes) });
const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

describe('media', () => {
  test('is stored under the hash of its bytes, again without harm, and given back', async () => {
    expect((await put(png)).status).toBe(201);
    expect(await (await put(png)).json()).toEqual({
      mediaHash: hashOf(png),
      bytes: png.length,
      mime: 'image/png',
    });
    const got = await ana.fetch(`/api/media/${hashOf(png)}`);
    expect(Buffer.from(await got.arrayBuffer()).equals(png)).toBe(true);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=31536000, immutable',
    });
    const again = await ana.fetch(`/api/media/${hashOf(png)}`, {
      headers: { 'if-none-match': got.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  test('is given in ranges', async () => {
    await put(png);
    const range = async (header: string) => {
      const response = await ana.fetch(`/api/media/${hashOf(png)}`, { headers: { range: header } });
      return [
        response.status,
        response.headers.get('content-range'),
        Number(response.headers.get('content-length')),
      ];
    };
    expect(await range('bytes=0-9')).toEqual([206, `bytes 0-9/${png.length}`, 10]);
    expect(await range('bytes=-5')).toEqual([
      206,
      `bytes ${png.length - 5}-${png.length - 1}/${png.length}`,
      5,
    ]);
    expect(await range(`bytes=${png.length - 1}-`)).toEqual([
      206,
      `bytes ${png.length - 1}-${png.length - 1}/${png.length}`,
      1,
    ]);
    expect((await range(`bytes=${png.length}-`)).slice(0, 2)).toEqual([416, `bytes */${png.length}`]);
    expect((await range('bytes=5-2'))[0]).toBe(200);
    expect((await range('pages=1'))[0]).toBe(200);
  });

  test('that is too large, of another hash, or able to run is refused', async () => {
    expect(await codeOf(await put(Buffer.concat([png, Buffer.alloc(1_000_000)])))).toEqual([
      413,
      'too_large',
    ]);
    expect(await codeOf(await put(png, 'a'.repeat(64)))).toEqual([422, 'hash_mismatch']);
    expect(await codeOf(await put(Buffer.from('<html><script>alert(1)</script>')))).toEqual([
      415,
      'type_not_allowed',
    ]);
    expect(
      await codeOf(await put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'))),
    ).toEqual([415, 'type_not_allowed']);
    expect((await ana.fetch(`/api/media/${'a'.repeat(64)}`)).status).toBe(404);
  });

  test('under a name that is no hash is 400', async () => {
    for (const name of ['x', 'A'.repeat(64), '..%2f..%2fetc%2fpasswd'])
      expect([name, (await ana.fetch(`/api/media/${name}`)).status]).toEqual([name, 400]);
  });

  test('is stored only by who attends', async () => {
    const quality = await kit.login('quality');
    const response = await quality.fetch(`/api/media/${hashOf(png)}`, {
      method: 'PUT',
      body: new Uint8Array(png),
    });
    expect(await codeOf(response)).toEqual([403, 'forbidden']);
  });

  test('that is no picture, sound or film is offered as a download', async () => {
    const text = Buffer.from('just text');
    await put(text);
    const got = await ana.fetch(`/api/media/${hashOf(text)}`);
    expect(got.headers.get('content-disposition')).toMatch(/^attachment/);
  });

  test('of one tenant is not there for another, though the bytes are stored once', async () => {
    await put(png);
    const otherTenant = kit.store.newTenant();
    await kit.server.directory.saveTenant({ tenantId: otherTenant, name: 'Other' });
    const userId = kit.userId('other');
    const passwordHash = kit.server.directory.user(kit.userId('ana'))?.passwordHash ?? '';
    await kit.server.directory.saveUser({
      userId,
      tenantId: otherTenant,
      name: 'Other',
      email: `${userId}@example.test`,
      roles: ['agent'],
      passwordHash,
      disabled: false,
    });
    const other = await kit.login('other');
    expect((await other.fetch(`/api/media/${hashOf(png)}`)).status).toBe(404);
    const upload = await other.fetch(`/api/media/${hashOf(png)}`, {
      method: 'PUT',
      body: new Uint8Array(png),
    });
    expect(upload.status).toBe(201);
    expect((await other.fetch(`/api/media/${hashOf(png)}`)).status).toBe(200);
  });

  test('that a customer sent is there once the events tell of it', async () => {
    const id = await kit.assigned('with-media', 'ana');
    const fromCustomer = 'b'.repeat(64);
    expect(await kit.tenant.mediaScope.has(fromCustomer)).toBe(false);
    await kit.happen(id, {
      type: 'MediaStored',
      data: { messageId: 'in-with-media', mediaHash: fromCustomer, mime: 'image/png', bytes: 1 },
    });
    await kit.settled();
    expect(await kit.tenant.mediaScope.has(fromCustomer)).toBe(true);
  });
});

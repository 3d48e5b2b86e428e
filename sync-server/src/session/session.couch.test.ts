import { accessStream } from '@recado/domain/commit/stream-id';
import { directoryDatabase } from '@recado/domain/databases';
import { sessionSchema } from '@recado/domain/wire/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, testPassword, type TestServer } from '../sync-server.testkit.ts';

let kit: TestServer;
beforeAll(async () => {
  kit = await startTestServer({ loginLimits: { perAccount: 4, perAddress: 1_000, windowSeconds: 60 } });
  for (const name of ['ana', 'slow', 'out']) await kit.addUser(name, ['agent']);
  await kit.addUser('gone', ['agent'], { disabled: true });
});
afterAll(() => kit.stop());

const emailOf = (name: string) => `${kit.userId(name)}@example.test`;
const logIn = (email: string, password = testPassword, headers: Record<string, string> = {}) =>
  fetch(`${kit.url}/api/session`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

describe('a session', () => {
  test('begins with e-mail and password, in any spelling of the address', async () => {
    const response = await logIn(` ${emailOf('ana').toUpperCase()} `);
    expect(response.status).toBe(204);
    const cookie = response.headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^recado=[a-z0-9]{20,}; /);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(cookie).not.toMatch(/Secure/);
  });

  test('tells who the person is and what they may do', async () => {
    const ana = await kit.login('ana');
    const session = sessionSchema.parse(await ana.json('/api/session'));
    expect(session).toMatchObject({
      email: emailOf('ana'),
      roles: ['agent'],
      permissions: ['attend'],
      mailboxEpoch: 1,
    });
  });

  test('is stored without what would let a reader of the store log in', async () => {
    const { cookie } = await kit.login('ana');
    const stored = JSON.stringify(await kit.store.couch.database(directoryDatabase).allDocs());
    expect(stored).not.toContain(cookie.split('=')[1]);
    expect(stored).not.toContain(testPassword);
    expect(stored).toContain('$argon2id$v=19$m=19456,t=2,p=1');
  });

  test('ends with logging out, and other devices keep theirs', async () => {
    const [tablet, phone] = [await kit.login('out'), await kit.login('out')];
    expect((await tablet.fetch('/api/session', { method: 'DELETE' })).status).toBe(204);
    expect(await codeOf(await tablet.fetch('/api/session'))).toEqual([401, 'unauthenticated']);
    expect((await phone.fetch('/api/session')).status).toBe(200);
    expect((await fetch(`${kit.url}/api/session`, { method: 'DELETE' })).status).toBe(204);
  });

  test('ends when the person is disabled', async () => {
    await kit.addUser('leaver', ['agent']);
    const leaver = await kit.login('leaver');
    await kit.addUser('leaver', ['agent'], { disabled: true });
    expect((await leaver.fetch('/api/session')).status).toBe(401);
  });

  test('outlives a restart of the server', async () => {
    const ana = await kit.login('ana');
    await kit.restart();
    expect((await ana.fetch('/api/session')).status).toBe(200);
  });

  test("comings and goings are in the person's access stream", async () => {
    await kit.addUser('seen', ['agent']);
    const seen = await kit.login('seen');
    await logIn(emailOf('seen'), 'wrong');
    await seen.fetch('/api/session', { method: 'DELETE' });
    const commits = await kit.tenant.store.read(accessStream(kit.userId('seen')));
    expect(commits.flatMap(({ events }) => events.map((event) => event.type))).toEqual([
      'LoggedIn',
      'LoginRefused',
      'LoggedOut',
    ]);
    expect(JSON.stringify(commits)).not.toContain('wrong');
  });

  test('an agent comes to work by logging in, and leaves with the last log-out', async () => {
    await kit.addUser('worker', ['agent']);
    const statusOf = async () => (await kit.tenant.agents.load(`agent.${kit.userId('worker')}`)).state.agent;
    const first = await kit.login('worker');
    const second = await kit.login('worker');
    expect(await statusOf()).toMatchObject({ status: 'available' });
    await first.fetch('/api/session', { method: 'DELETE' });
    expect(await statusOf()).toMatchObject({ status: 'available' });
    await second.fetch('/api/session', { method: 'DELETE' });
    expect(await statusOf()).toMatchObject({ status: 'offline', reason: 'logout' });
  });
});

describe('a login that is refused', () => {
  test('says the same of a wrong password, an unknown and a disabled account', async () => {
    for (const [email, password] of [
      [emailOf('ana'), 'wrong'],
      ['nobody@example.test', 'wrong'],
      [emailOf('gone'), testPassword],
    ] as const)
      expect(await codeOf(await logIn(email, password))).toEqual([401, 'wrong_credentials']);
  });

  test('costs the same work for an unknown account', async () => {
    const time = async (email: string) => {
      const start = performance.now();
      await logIn(email, 'wrong');
      return performance.now() - start;
    };
    const unknown = await time('somebody@example.test');
    // One hash of 19 MiB takes tens of milliseconds; an answer without it would take one or two.
    expect(unknown).toBeGreaterThan(8);
  });

  test('too often has to wait, told by Retry-After; other accounts do not', async () => {
    for (let attempt = 0; attempt < 4; attempt++)
      expect((await logIn(emailOf('slow'), 'wrong')).status).toBe(401);
    const refused = await logIn(emailOf('slow'));
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toEqual([429, 'too_many_attempts']);
    expect((await logIn(emailOf('ana'))).status).toBe(204);
  });

  test('malformed is 400, too large 413', async () => {
    const send = (body: string) => fetch(`${kit.url}/api/session`, { method: 'POST', body });
    expect(await codeOf(await send('{'))).toEqual([400, 'invalid_json']);
    expect(await codeOf(await send('{"email": "a"}'))).toEqual([400, 'invalid_request']);
    expect(await codeOf(await send('\xff'))).toEqual([400, 'invalid_json']);
    expect(
      await codeOf(await send(JSON.stringify({ email: 'a@b.c', password: 'x'.repeat(20_000) }))),
    ).toEqual([413, 'too_large']);
  });

  test('from another site is 403, whatever the method changes', async () => {
    const ana = await kit.login('ana');
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      expect(await codeOf(await logIn(emailOf('ana'), testPassword, headers))).toEqual([403, 'cross_origin']);
      expect((await ana.fetch('/api/session', { method: 'DELETE', headers })).status).toBe(403);
      expect(
        (await ana.fetch('/sync/cmd/_bulk_docs', { method: 'POST', headers, body: '{"docs":[]}' })).status,
      ).toBe(403);
    }
    expect(
      (
        await ana.fetch('/sync/cmd/_bulk_docs', {
          method: 'POST',
          headers: { origin: kit.url, 'sec-fetch-site': 'same-origin' },
          body: '{"docs":[]}',
        })
      ).status,
    ).toBe(201);
  });
});

describe('with TLS', () => {
  test('the cookie is Secure and bound to the host', async () => {
    const secure = await startTestServer({ secureCookies: true, publicUrl: 'https://recado.example' });
    try {
      await secure.addUser('ana', ['agent']);
      const response = await fetch(`${secure.url}/api/session`, {
        method: 'POST',
        headers: { origin: 'https://recado.example' },
        body: JSON.stringify({ email: `${secure.userId('ana')}@example.test`, password: testPassword }),
      });
      expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-recado=.*; Secure/);
      const other = await fetch(`${secure.url}/api/session`, {
        method: 'POST',
        headers: { origin: secure.url },
        body: '{}',
      });
      expect(other.status).toBe(403);
    } finally {
      await secure.stop();
    }
  });
});

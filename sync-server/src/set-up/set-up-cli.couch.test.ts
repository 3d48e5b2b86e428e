import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createSecretBox } from '@recado/event-store/secret-box';
import { directoryDatabase } from '@recado/domain/databases';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../sync-server.testkit.ts';

const secret = 'a secret for tests only';
let kit: TestServer;
beforeAll(async () => {
  kit = await startTestServer();
});
afterAll(() => kit.stop());

async function setUp(args: string[], input = ''): Promise<{ code: number | null; errors: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'set-up-cli.ts'), ...args], {
    env: { ...process.env, COUCHDB_URL: kit.store.couchUrl, RECADO_SECRET: secret },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(input);
  const [errors, code] = await Promise.all([
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { code, errors };
}

describe('setting an installation up from the command line', () => {
  test('a person added while the services run can log in, with the password that was typed', async () => {
    const userId = `p${kit.tenantId}`.slice(0, 30);
    const email = `${userId}@example.test`;
    const added = await setUp(
      ['person', kit.tenantId, userId, '--name', 'Marta Gil', '--email', email, '--roles', 'agent'],
      'correct horse battery\n',
    );
    expect(added).toMatchObject({ code: 0 });
    await expect.poll(() => kit.server.directory.userByEmail(email)?.name).toBe('Marta Gil');
    const answer = await fetch(`${kit.url}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ email, password: 'correct horse battery' }),
    });
    expect(answer.status).toBe(204);
    const users = kit.store.couch.database(directoryDatabase);
    expect(JSON.stringify(await users.getOrNull(`user.${userId}`))).not.toContain('correct horse');
  });

  test('a queue and a number are configured, the number’s secrets sealed', async () => {
    expect(
      await setUp(['queue', kit.tenantId, 'ventas', '--name', 'Ventas', '--sla-minutes', '2']),
    ).toMatchObject({ code: 0 });
    const number = [
      'number',
      kit.tenantId,
      '105550001',
      '--waba',
      '205550001',
      '--name',
      'Línea',
      '--phone',
      '+57 601 555 0100',
    ];
    expect(
      await setUp([...number, '--queue', 'ventas', '--verify-token', 'v'], 'the-app-secret\nthe-token\n'),
    ).toMatchObject({ code: 0 });
    const { roster } = await kit.server.tenant(kit.tenantId);
    await expect.poll(() => roster.state().settings.numbers['105550001']?.queueId).toBe('ventas');
    expect(roster.state().settings.queues['ventas']?.slaMs).toBe(120_000);
    const sealed = roster.state().settings.numbers['105550001']?.meta?.sealedAppSecret ?? '';
    expect(sealed).not.toContain('the-app-secret');
    expect(createSecretBox(secret).open(sealed)).toBe('the-app-secret');
  });

  test.each([
    ['an unknown tenant', ['queue', 'nosuchtenant', 'x', '--name', 'X'], 'there is no tenant nosuchtenant'],
    [
      'an unknown role',
      ['person', 'TENANT', 'luis', '--name', 'L', '--email', 'l@x.test', '--roles', 'king'],
      '--roles takes some of',
    ],
    [
      'an unsafe id',
      ['person', 'TENANT', 'Luis!', '--name', 'L', '--email', 'l@x.test', '--roles', 'agent'],
      'lowercase letters',
    ],
    ['nothing', [], 'say what to set up'],
  ])('%s is refused with what to do', async (_name, args, message) => {
    const { code, errors } = await setUp(args.map((arg) => (arg === 'TENANT' ? kit.tenantId : arg)));
    expect(code).toBe(1);
    expect(errors).toContain(message);
  });

  test('a short password is refused, and nobody is added', async () => {
    const { code, errors } = await setUp(
      ['person', kit.tenantId, 'corta', '--name', 'C', '--email', 'corta@example.test', '--roles', 'agent'],
      'short\n',
    );
    expect([code, errors]).toEqual([1, expect.stringContaining('12 characters')]);
    expect(kit.server.directory.user('corta')).toBeNull();
  });
});

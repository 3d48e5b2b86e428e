import { createSecretBox } from '@recado/event-store/secret-box';
import { instant } from '@recado/domain/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../sync-server.testkit.ts';
import { demoPassword, demoTenant, seedDemo } from './seed-demo.ts';

// The demo's people have fixed ids, so this suite needs a store of its own, never a shared one.
const shared = process.env['COUCHDB_URL'];
const secrets = createSecretBox('a secret for tests only');
let kit: TestServer;
beforeAll(async () => {
  delete process.env['COUCHDB_URL'];
  kit = await startTestServer();
  if (shared !== undefined) process.env['COUCHDB_URL'] = shared;
});
afterAll(() => kit.stop());

const seed = () =>
  seedDemo({ ...kit.server, secrets, tenantOf: kit.server.tenant, now: () => instant(Date.now()) });
const logIn = (name: string) =>
  fetch(`${kit.url}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ email: `${name}@demo.test`, password: demoPassword }),
  });

describe('the demo', () => {
  test('has its people, its number and its queue, and somebody at work', async () => {
    await seed();
    for (const name of ['admin', 'supervisor', 'ana', 'bruno', 'calidad', 'auditor'])
      expect([name, (await logIn(name)).status]).toEqual([name, 204]);
    const tenant = await kit.server.tenant(demoTenant);
    await tenant.worker.settled();
    const { settings, agents } = tenant.roster.state();
    expect(settings.queues['general']).toMatchObject({
      name: 'Atención general',
      slaMs: 300_000,
      agentIds: ['ana', 'bruno'],
    });
    const meta = settings.numbers['100000000000001']?.meta;
    expect(meta).toMatchObject({
      phoneNumberId: '100000000000001',
      wabaId: '200000000000001',
      verifyToken: 'demo-verify-token',
    });
    expect(secrets.open(meta?.sealedAppSecret ?? '')).toBe('demo-app-secret');
    expect(secrets.open(meta?.sealedAccessToken ?? '')).toBe('demo-access-token');
    expect([agents['ana']?.status, agents['bruno']?.status]).toEqual(['available', 'available']);
  });

  test('is seeded once, whatever the number of starts', async () => {
    const tenant = await kit.server.tenant(demoTenant);
    const commits = async () =>
      (await Promise.all((await tenant.store.streams('')).map((stream) => tenant.store.read(stream)))).flat()
        .length;
    const before = await commits();
    await seed();
    await kit.restart();
    await seed();
    expect(await commits()).toBe(before);
  });
});

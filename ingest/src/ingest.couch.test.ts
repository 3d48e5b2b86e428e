import { identitiesDatabase } from '@recado/domain/databases';
import { verifyStream } from '@recado/event-store/verify-stream';
import { startTestStore, type TestStore } from '@recado/event-store/store.testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identitiesContract } from './contacts/identities.contract.ts';
import { createIdentities } from './contacts/identities.ts';
import { lucia, setStatus, startTestIngest, text, until } from './ingest.testkit.ts';
import { silentLogger } from './logger.ts';
import { openTenantStores } from './tenant/tenant-stores.ts';

let kit: TestStore;
beforeAll(async () => {
  kit = await startTestStore();
});
afterAll(() => kit.stop());

const open = (tenant: string) =>
  openTenantStores({ couch: kit.couch, tenant, clock: Date.now, logger: silentLogger });

identitiesContract('on CouchDB', async () => {
  const name = identitiesDatabase(kit.newTenant());
  await kit.couch.ensureDatabase(name);
  return createIdentities({ database: kit.couch.database(name) });
});

test('messages are received, routed and remembered on the real store, over a restart', async () => {
  const tenant = kit.newTenant();
  const first = await startTestIngest({ stores: await open(tenant), realClock: true });
  await setStatus(first.store, 'ana', 'available');
  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, index) => first.post(text(lucia, `wamid.${index}`, `${index}`))),
  );
  expect(new Set(sent)).toEqual(new Set([200]));
  await until(async () => (await first.conversation()).phase === 'assigned');
  await first.stop();

  const second = await startTestIngest({ stores: await open(tenant), realClock: true, configured: true });
  expect(await second.post(text(lucia, 'wamid.3', '3'))).toBe(200);
  expect(await second.post(text(lucia, 'wamid.new', 'sigo aquí'))).toBe(200);
  const state = await second.conversation();
  expect(Object.values(state.messages).filter(({ direction }) => direction === 'in')).toHaveLength(21);
  const check = await verifyStream(second.store, `conversation.${state.id}`);
  expect(check).toMatchObject({ fault: null });
  await second.stop();
});

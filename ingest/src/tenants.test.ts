import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StoreUnavailable } from '@recado/event-store/event-store';
import { expect, test } from 'vitest';
import { createIngest } from './ingest.ts';
import { configure, lucia, memoryStores, number, secretBox, sign, text, until } from './ingest.testkit.ts';
import { silentLogger } from './logger.ts';
import { createGraphClient } from './meta/graph-client.ts';

test('a tenant that is created later is served without a restart, one that cannot be opened is tried again', async () => {
  const tenants: string[] = [];
  const stores = memoryStores();
  await configure(stores.store, { type: 'NumberConfigured', data: number() });
  let opened = 0;
  const ingest = createIngest({
    listTenants: async () => tenants,
    async openStores() {
      if (++opened === 1) throw new StoreUnavailable('not yet');
      return stores;
    },
    media: { put: async () => ({ rejected: 'too_large' }), has: async () => false, open: async () => null },
    ready: async () => {
      throw new StoreUnavailable('down');
    },
    graph: createGraphClient({ baseUrl: 'http://127.0.0.1:2', timeoutMs: 100 }),
    secretBox,
    logger: silentLogger,
    clock: Date.now,
    newId: () => crypto.randomUUID().slice(0, 8),
    random: () => 0,
    holder: 'test',
    listEveryMs: 5,
  });
  await ingest.start();
  const server = createServer((request, response) => void ingest.app.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const body = Buffer.from(JSON.stringify(text(lucia, 'wamid.A', 'hola')));
  const post = async () =>
    (
      await fetch(`${url}/webhooks/meta`, {
        method: 'POST',
        body,
        headers: { 'x-hub-signature-256': sign(body) },
      })
    ).status;
  try {
    expect(await post()).toBe(401);
    tenants.push('later');
    await until(() => ingest.tenant('later') !== undefined);
    expect(await post()).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  } finally {
    server.closeAllConnections();
    server.close();
    await ingest.stop();
  }
});

import { createCouchEventStore } from './couch-event-store.ts';
import { eventStoreContract } from './event-store.contract.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { startTestStore } from './store.testkit.ts';

eventStoreContract('on CouchDB', async () => {
  const server = await startTestStore();
  const tenant = server.newTenant();
  await installEventsDatabase(server.couch, tenant);
  const store = createCouchEventStore({ couch: server.couch, tenant });
  return {
    store,
    async close() {
      await store.stop();
      await server.stop();
    },
  };
});

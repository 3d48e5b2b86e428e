import { eventStoreContract } from './event-store.contract.ts';
import { createMemoryEventStore } from './memory-event-store.ts';

eventStoreContract('in memory', async () => ({
  store: createMemoryEventStore(),
  close: async () => undefined,
}));

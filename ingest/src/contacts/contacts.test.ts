import type { Alias } from '@recado/domain/contact/contact';
import { StoreUnavailable } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { expect, test } from 'vitest';
import { createContacts } from './contacts.ts';
import { identitiesContract } from './identities.contract.ts';
import { createMemoryIdentities } from './identities.ts';

identitiesContract('in memory', async () => createMemoryIdentities());

const phone: Alias = { scheme: 'wa_phone', value: '+573015550101' };
const id: Alias = { scheme: 'wa_bsuid', value: 'CO.1' };
const username = (value: string): Alias => ({ scheme: 'wa_username', value });
const cause = { webhook: 'test' };

function processes(count: number) {
  const store = createMemoryEventStore();
  const identities = createMemoryIdentities();
  let made = 0;
  const now = () => '2026-11-20T14:00:00.000Z';
  return {
    store,
    contacts: Array.from({ length: count }, () =>
      createContacts({ store, identities, now, newId: () => `c${++made}` }),
    ),
  };
}

test('several processes that meet a customer at the same moment find one contact', async () => {
  const { store, contacts } = processes(4);
  const sightings = contacts.flatMap((process) =>
    [[phone], [id, phone], [phone, id]].map((aliases) => process.resolve({ aliases, name: null, cause })),
  );
  const found = await Promise.all(sightings);
  expect(new Set(found.map(({ contactId }) => contactId)).size).toBe(1);
  const [{ contactId } = { contactId: '' }] = found;
  expect((await store.read(`contact.${contactId}`))[0]?.events[0]?.type).toBe('ContactCreated');
});

test('a username that passes to another person does not make the two one', async () => {
  const [process] = processes(1).contacts;
  const first = await process?.resolve({ aliases: [phone, username('nube')], name: null, cause });
  const second = await process?.resolve({ aliases: [id, username('nube')], name: null, cause });
  expect(first?.contactId).not.toBe(second?.contactId);
  expect(await process?.find([username('nube')])).toBeNull();
});

test('finding makes nothing', async () => {
  const { store, contacts } = processes(1);
  expect(await contacts[0]?.find([phone])).toBeNull();
  expect(await store.streams('contact.')).toEqual([]);
});

test('what is done beside a new contact is done once, and not for a known one', async () => {
  const [process] = processes(1).contacts;
  const done: string[] = [];
  const sighting = { aliases: [phone], name: null, cause, beside: async (id: string) => void done.push(id) };
  const found = await Promise.all([1, 2, 3].map(() => process!.resolve(sighting)));
  expect(done).toEqual(['c1']);
  expect(found.map(({ contactId, isNew }) => [contactId, isNew])).toEqual([
    ['c1', true],
    ['c1', false],
    ['c1', false],
  ]);
});

test('a contact whose own stream could not be written is written at the next sighting', async () => {
  const { store } = processes(0);
  let isDown = true;
  let made = 0;
  const contacts = createContacts({
    store: {
      ...store,
      append: (draft) => (isDown ? Promise.reject(new StoreUnavailable('down')) : store.append(draft)),
    },
    identities: createMemoryIdentities(),
    now: () => '2026-11-20T14:00:00.000Z',
    newId: () => `c${++made}`,
  });
  const done: string[] = [];
  const sighting = { aliases: [phone], name: null, cause, beside: async (id: string) => void done.push(id) };
  await expect(contacts.resolve(sighting)).rejects.toThrow(StoreUnavailable);
  isDown = false;
  expect(await contacts.resolve(sighting)).toEqual({ contactId: 'c1', isNew: false });
  expect((await store.read('contact.c1'))[0]?.events[0]?.type).toBe('ContactCreated');
  expect(done).toEqual(['c1']);
});

import { minute } from '@recado/domain/time';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  append,
  envelope,
  lucia,
  memoryStores,
  messageFrom,
  messages,
  phoneNumberId,
  startOfTests,
  startTestIngest,
  status,
  tenantId,
  text,
  type Customer,
  type TestIngest,
} from '../ingest.testkit.ts';
import type { TenantStores } from '../tenant/tenant-stores.ts';

let kit: TestIngest;
let stores: TenantStores;
beforeEach(async () => {
  stores = memoryStores();
  kit = await startTestIngest({ stores });
});
afterEach(() => kit.stop());

const hour = 60 * minute;
const inbound = async (): Promise<string[]> =>
  (await kit.conversations()).flatMap((one) =>
    Object.values(one.messages).flatMap((message) =>
      message.direction === 'in' ? [message.providerId] : [],
    ),
  );
const close = async (): Promise<void> => {
  await kit.settled();
  const last = (await kit.store.streams('conversation.', { limit: 100 })).at(-1) ?? '';
  await append(kit.store, last, { type: 'ConversationClosed', data: { reason: 'resolved', agentId: null } });
};

describe('messages', () => {
  test('a hundred first messages of one customer at once make one conversation with each of them once', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `wamid.${index}`);
    const statuses = await Promise.all(ids.map((id) => kit.post(text(lucia, id, id))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await kit.conversations()).toHaveLength(1);
    expect((await inbound()).toSorted()).toEqual(ids.toSorted());
    expect((await kit.commits('contact.')).flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
      'ContactCreated',
    ]);
  });

  test('the same message at once from many, again later, and after a restart appends nothing', async () => {
    await Promise.all(Array.from({ length: 20 }, () => kit.post(text(lucia, 'wamid.A', 'hola'))));
    await kit.settled();
    const before = await kit.commits('conversation.');
    expect(await kit.post(text(lucia, 'wamid.A', 'hola'))).toBe(200);
    await kit.stop();
    kit = await startTestIngest({ stores, configured: true });
    expect(await kit.post(text(lucia, 'wamid.A', 'hola'))).toBe(200);
    await kit.settled();
    expect(await kit.commits('conversation.')).toEqual(before);
  });

  test('a message within the reopening window continues the conversation, a later one opens the next', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await close();
    await kit.post(text(lucia, 'wamid.B', 'otra cosa', startOfTests + hour));
    expect(await kit.conversation()).toMatchObject({ phase: 'queued', reopenings: 1 });
    await close();
    await kit.post(text(lucia, 'wamid.C', 'otro día', startOfTests + 48 * hour));
    await kit.settled();
    const conversations = await kit.conversations();
    expect(conversations.map(({ episode, phase }) => [episode, phase])).toEqual([
      [1, 'closed'],
      [2, 'queued'],
    ]);
  });

  test('two messages at once after the window open one next conversation', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await close();
    const later = startOfTests + 48 * hour;
    await Promise.all(['wamid.B', 'wamid.C', 'wamid.D'].map((id) => kit.post(text(lucia, id, id, later))));
    expect(await kit.conversations()).toHaveLength(2);
    expect(await inbound()).toHaveLength(4);
  });

  test('a repetition of a message of an earlier conversation appends nothing to the later one', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await close();
    await kit.post(text(lucia, 'wamid.B', 'de vuelta', startOfTests + 48 * hour));
    await close();
    await kit.post(text(lucia, 'wamid.C', 'otra vez', startOfTests + 96 * hour));
    await kit.settled();
    const before = await kit.commits('conversation.');
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await kit.post(text(lucia, 'wamid.B', 'de vuelta', startOfTests + 48 * hour));
    expect(await kit.commits('conversation.')).toEqual(before);
  });

  test('a message that was late for an earlier conversation is kept in the present one', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola', startOfTests + minute));
    await close();
    await kit.post(text(lucia, 'wamid.B', 'de vuelta', startOfTests + 48 * hour));
    await kit.post(text(lucia, 'wamid.LATE', 'tarde', startOfTests));
    const [, second] = await kit.conversations();
    expect(second?.byProviderId).toHaveProperty(['wamid.LATE']);
  });

  test('updates of one customer in one batch are stored in their order', async () => {
    const ids = ['wamid.1', 'wamid.2', 'wamid.3', 'wamid.4'];
    await kit.post(
      messages(lucia, ...ids.map((id) => messageFrom(lucia, { id, type: 'text', text: { body: id } }))),
    );
    expect(await inbound()).toEqual(ids);
  });

  test('an echo of the company’s own phone is kept, and the bot waits for the customer', async () => {
    const echo = {
      from: '576015550042',
      to: lucia.waId,
      id: 'wamid.E',
      timestamp: String(startOfTests / 1_000),
      type: 'text',
      text: { body: 'le escribo' },
    };
    await kit.post(envelope({ message_echoes: [echo] }, 'smb_message_echoes'));
    await kit.settled();
    expect(await kit.conversation()).toMatchObject({ phase: 'bot', lastInboundAt: null });
    await kit.post(text(lucia, 'wamid.A', 'dígame'));
    await kit.settled();
    expect(await kit.conversation()).toMatchObject({ phase: 'queued' });
  });
});

describe('who writes', () => {
  const phoneOnly: Customer = { waId: lucia.waId, name: 'Lucía Prieto' };
  const idOnly: Customer = { userId: lucia.userId, name: 'Lucía Prieto' };

  test('a customer known by phone is the same when the business-scoped id comes along, and then without phone', async () => {
    await kit.post(text(phoneOnly, 'wamid.A', 'uno'));
    await kit.post(text(lucia, 'wamid.B', 'dos'));
    await kit.post(text(idOnly, 'wamid.C', 'tres'));
    expect(await kit.conversations()).toHaveLength(1);
    expect(await inbound()).toEqual(['wamid.A', 'wamid.B', 'wamid.C']);
  });

  test('both spellings of a Brazilian number are one customer', async () => {
    await kit.post(text({ waId: '5511987654321' }, 'wamid.A', 'oi'));
    await kit.post(text({ waId: '551187654321' }, 'wamid.B', 'oi'));
    expect(await kit.conversations()).toHaveLength(1);
  });

  test('a customer who changes number stays the same', async () => {
    await kit.post(text(phoneOnly, 'wamid.A', 'hola'));
    const system = { type: 'user_changed_number', new_wa_id: '573015550999', body: 'changed' };
    await kit.post(
      envelope({ messages: [messageFrom(phoneOnly, { id: 'wamid.S', type: 'system', system })] }),
    );
    await kit.post(text({ waId: '573015550999' }, 'wamid.B', 'nuevo número'));
    expect(await kit.conversations()).toHaveLength(1);
  });

  test('two customers whose aliases meet are flagged, not merged', async () => {
    await kit.post(text({ waId: lucia.waId }, 'wamid.A', 'con teléfono'));
    await kit.post(text(idOnly, 'wamid.B', 'con id'));
    await kit.post(text(lucia, 'wamid.C', 'con los dos'));
    await kit.post(text(lucia, 'wamid.D', 'con los dos'));
    expect(await kit.conversations()).toHaveLength(2);
    const flags = (await kit.commits('contact.')).flatMap(({ events }) =>
      events.filter(({ type }) => type === 'AliasConflictFlagged'),
    );
    expect(flags).toHaveLength(1);
    expect(flags[0]?.data).toMatchObject({ alias: { scheme: 'wa_phone', value: `+${lucia.waId}` } });
  });

  test('a crash between the identities and the contact is healed by the next message', async () => {
    const alias = { scheme: 'wa_phone' as const, value: `+${lucia.waId}` };
    await stores.identities.claim([alias], 'orphan1');
    await kit.post(text(phoneOnly, 'wamid.A', 'hola'));
    expect(await kit.conversation()).toMatchObject({ contactId: 'orphan1' });
    expect((await kit.commits('contact.orphan1'))[0]?.events[0]).toMatchObject({
      type: 'ContactCreated',
      data: { aliases: [alias] },
    });
  });

  test('a new name is remembered once', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    const renamed = { ...lucia, name: 'Lucía P. de Rojas' };
    await kit.post(text(renamed, 'wamid.B', 'me casé'));
    await kit.post(text(renamed, 'wamid.C', 'ayer'));
    expect((await kit.commits('contact.')).flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
      'ContactCreated',
      'ContactRenamed',
    ]);
  });
});

describe('statuses and marks', () => {
  const reaction = (id: string, target: string, emoji: string) =>
    messages(lucia, messageFrom(lucia, { id, type: 'reaction', reaction: { message_id: target, emoji } }));

  test('a status that returns our reference finds its conversation before the send was answered', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    const { id } = await kit.conversation();
    await kit.post(status({}, 'wamid.OUT', 'delivered', { opaque: `${id}|a-77` }));
    expect((await kit.conversation()).reports).toMatchObject({
      'a-77': { status: 'delivered' },
      'wamid.OUT': { status: 'delivered' },
    });
  });

  test('a reference to a conversation of another number is not followed', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    const { id } = await kit.conversation();
    const foreign = id.replace(phoneNumberId, '999');
    await kit.post(status(lucia, 'wamid.OUT', 'sent', { opaque: `${foreign}|a-1` }));
    expect((await kit.conversation()).reports).toEqual({
      'wamid.OUT': { status: 'sent', error: undefined, pricing: undefined },
    });
  });

  test('a status without reference goes to the conversation that knows the message, not the latest', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await kit.post(status(lucia, 'wamid.OUT', 'sent'));
    await close();
    await kit.post(text(lucia, 'wamid.B', 'de vuelta', startOfTests + 48 * hour));
    await kit.post(status(lucia, 'wamid.OUT', 'read'));
    const [first, second] = await kit.conversations();
    expect(first?.reports).toMatchObject({ 'wamid.OUT': { status: 'read' } });
    expect(second?.reports).toEqual({});
  });

  test('what comes before its conversation waits outside and is applied by its timer', async () => {
    await kit.post(reaction('wamid.R', 'wamid.A', '👍'));
    await kit.post(reaction('wamid.R', 'wamid.A', '👍'));
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    expect((await kit.conversation()).reactions).toEqual({});
    kit.clock.now += minute;
    await kit.ingest.tenant(tenantId)?.tick();
    expect((await kit.conversation()).reactions).toMatchObject({ 'wamid.A': { emoji: '👍' } });
    expect((await kit.commits('parked.')).map(({ events }) => events[0]?.type)).toEqual([
      'UpdateParked',
      'UpdateApplied',
    ]);
  });

  test('what finds no place in a day is discarded with an event, and its content is kept', async () => {
    await kit.post(reaction('wamid.R', 'wamid.A', '👍'));
    for (const wait of [minute, 10 * minute, hour, 24 * hour]) {
      expect((await kit.commits('parked.')).map(({ events }) => events[0]?.type)).toEqual(['UpdateParked']);
      kit.clock.now += wait;
      await kit.ingest.tenant(tenantId)?.tick();
    }
    expect((await kit.commits('parked.')).map(({ events }) => events[0]?.type)).toEqual([
      'UpdateParked',
      'UpdateDiscarded',
    ]);
    expect(JSON.stringify(await kit.commits('parked.'))).toContain('👍');
  });

  test('a reaction before its message in an open conversation is kept there until the message comes', async () => {
    await kit.post(text(lucia, 'wamid.A', 'hola'));
    await kit.post(reaction('wamid.R', 'wamid.B', '👍'));
    await kit.post(text(lucia, 'wamid.B', 'esto'));
    const state = await kit.conversation();
    expect(state.reactions['wamid.B']).toMatchObject({ emoji: '👍' });
    expect(state.byProviderId).toHaveProperty(['wamid.B']);
  });
});

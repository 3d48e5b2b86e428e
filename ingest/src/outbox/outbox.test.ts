import { startSimulator } from '@recado/simulator/simulator';
import { deliveryOf } from '@recado/domain/conversation/delivery-of';
import type { ConversationState, OutboundMessage } from '@recado/domain/conversation/state';
import type { OutboundContent } from '@recado/domain/conversation/content';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  append,
  configure,
  lucia,
  memoryStores,
  nobodyListens,
  number,
  phoneNumberId,
  secretBox,
  startTestIngest,
  status,
  tenantId,
  text,
  until,
  type TestIngest,
  type TestIngestOptions,
} from '../ingest.testkit.ts';
import type { GraphClient, SendAnswer } from '../meta/graph-client.ts';

/** Answers sends from a script and keeps what was sent. */
function scriptedGraph(...script: (SendAnswer | Promise<SendAnswer>)[]) {
  const sent: { text?: { body: string }; [field: string]: unknown }[] = [];
  const graph: GraphClient = {
    async send(_account, body) {
      sent.push(body as (typeof sent)[number]);
      return (await script.shift()) ?? { kind: 'accepted', providerId: `wamid.OUT${sent.length}` };
    },
    upload: async () => ({ kind: 'uploaded', mediaId: 'media-1' }),
    download: async () => ({ kind: 'unsent', reason: 'none' }),
  };
  return { graph, sent, script };
}
const refusal = (code: number): SendAnswer => ({ kind: 'refused', status: 400, code });
const silent = number({ greeting: null });

let kit: TestIngest | undefined;
afterEach(async () => {
  await kit?.stop();
  kit = undefined;
});

async function start(options: TestIngestOptions): Promise<TestIngest> {
  kit = await startTestIngest({ number: silent, ...options });
  return kit;
}

/** A conversation with a customer who has written, ready to be answered. */
async function conversation(running: TestIngest, customer = lucia): Promise<string> {
  await running.post(text(customer, `wamid.${customer.waId}`, 'hola'));
  await running.settled();
  const found = (await running.conversations()).find(({ address }) => address?.value === `+${customer.waId}`);
  if (!found) throw new Error('no conversation');
  return found.id;
}
const queue = (
  running: TestIngest,
  id: string,
  messageId: string,
  content: OutboundContent = { kind: 'text', body: messageId },
  replyTo?: string,
) =>
  append(running.store, `conversation.${id}`, {
    type: 'MessageQueued',
    data: { messageId, author: { kind: 'agent', id: 'ana' }, content, ...(replyTo ? { replyTo } : {}) },
  });
const sentMessage = (state: ConversationState, messageId: string): OutboundMessage => {
  const message = state.messages[messageId];
  if (message?.direction !== 'out') throw new Error(`no message ${messageId}`);
  return message;
};
const outcomes = async (running: TestIngest, messageId: string): Promise<string[]> => {
  const found = (await running.conversations()).find(({ messages }) => messages[messageId]);
  return found ? sentMessage(found, messageId).attempts.map(({ outcome }) => outcome) : [];
};

describe('a message', () => {
  test('is sent once, to the number with its plus sign, with the reference that its statuses return', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph });
    const id = await conversation(running);
    await queue(running, id, 'm1');
    await running.settled();
    expect(sent).toHaveLength(1);
    const attemptId = sentMessage(await running.conversation(), 'm1').attempts[0]?.attemptId;
    expect(sent[0]).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: `+${lucia.waId}`,
      type: 'text',
      text: { body: 'm1' },
      biz_opaque_callback_data: `${id}|${attemptId}`,
    });
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });

  test('to a customer without a phone number goes to the business-scoped id', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph });
    await running.post(text({ userId: 'CO.42', name: 'Nube' }, 'wamid.A', 'hola'));
    await running.settled();
    await queue(running, (await running.conversation()).id, 'm1');
    await running.settled();
    expect(sent[0]).toMatchObject({ recipient: 'CO.42' });
    expect(sent[0]).not.toHaveProperty('to');
  });

  test('that quotes another names it by the provider’s id', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph });
    const id = await conversation(running);
    const [question] = Object.keys((await running.conversation()).messages);
    await queue(running, id, 'm1', undefined, question);
    await running.settled();
    await queue(running, id, 'm2', undefined, 'm1');
    await running.settled();
    expect(sent.map(({ context }) => context)).toEqual([
      { message_id: `wamid.${lucia.waId}` },
      { message_id: 'wamid.OUT1' },
    ]);
  });

  test('with a file that is not there fails and says so', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph });
    const id = await conversation(running);
    await queue(running, id, 'm1', {
      kind: 'media',
      mediaType: 'image',
      mediaHash: 'a'.repeat(64),
      mime: 'image/png',
      bytes: 3,
    });
    await running.settled();
    expect(sentMessage(await running.conversation(), 'm1').attempts).toMatchObject([
      { outcome: 'failed', code: 'media_missing' },
    ]);
    expect(sent).toEqual([]);
  });
});

describe('the order in a conversation', () => {
  test('is kept: one that is deferred holds back those behind it, until it is sent', async () => {
    const { graph, sent } = scriptedGraph(refusal(131000));
    const running = await start({ graph, realClock: true });
    const id = await conversation(running);
    await queue(running, id, 'm1');
    await queue(running, id, 'm2');
    await queue(running, id, 'm3');
    await until(async () => (await outcomes(running, 'm3')).length > 0);
    expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm1', 'm2', 'm3']);
    expect(await outcomes(running, 'm1')).toEqual(['deferred', 'accepted']);
  });

  test('one that failed or is uncertain does not hold back the others', async () => {
    const { graph, sent } = scriptedGraph(refusal(131026), { kind: 'unanswered', reason: 'timeout' });
    const running = await start({ graph });
    const id = await conversation(running);
    for (const messageId of ['m1', 'm2', 'm3']) await queue(running, id, messageId);
    await running.settled();
    expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm2', 'm3']);
    expect(await Promise.all(['m1', 'm2', 'm3'].map((messageId) => outcomes(running, messageId)))).toEqual([
      ['failed'],
      ['uncertain'],
      ['accepted'],
    ]);
  });

  test('holds for one conversation only', async () => {
    const { promise, resolve } = Promise.withResolvers<SendAnswer>();
    const { graph, sent } = scriptedGraph(promise);
    const running = await start({ graph });
    const slow = await conversation(running);
    const quick = await conversation(running, { waId: '573015550202' });
    await queue(running, slow, 'm1');
    await until(() => sent.length === 1);
    await queue(running, quick, 'm2');
    await until(async () => (await outcomes(running, 'm2')).at(0) === 'accepted');
    resolve({ kind: 'accepted', providerId: 'wamid.SLOW' });
    await running.settled();
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });
});

describe('after a crash', () => {
  test('between claim and result the attempt is uncertain and not sent again; a status settles it', async () => {
    const stores = memoryStores();
    const answer = Promise.withResolvers<SendAnswer>();
    const hanging = scriptedGraph(answer.promise);
    const first = await startTestIngest({ stores, graph: hanging.graph, number: silent });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await until(() => hanging.sent.length === 1);
    // The process is gone without a word: what it held is taken over by another one on the same stores.
    const { graph, sent } = scriptedGraph();
    const running = await start({
      stores: { ...stores, leases: memoryStores().leases },
      graph,
      configured: true,
    });
    await until(async () => (await outcomes(running, 'm1')).at(0) === 'uncertain');
    await running.settled();
    expect(sent).toEqual([]);
    const attemptId = sentMessage(await running.conversation(), 'm1').attempts[0]?.attemptId ?? '';
    await running.post(status(lucia, 'wamid.OUT', 'delivered', { opaque: `${id}|${attemptId}` }));
    const state = await running.conversation();
    expect(deliveryOf(state, sentMessage(state, 'm1'))).toBe('delivered');
    answer.resolve({ kind: 'unanswered', reason: 'gone' });
    await first.stop();
  });

  test('what was queued and never claimed is sent', async () => {
    const stores = memoryStores();
    const first = await startTestIngest({
      stores,
      graph: scriptedGraph().graph,
      number: { ...silent, state: 'paused' },
    });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await first.settled();
    await first.stop();
    await configure(stores.store, { type: 'NumberConfigured', data: silent });
    const { graph, sent } = scriptedGraph();
    const running = await start({ stores, graph, configured: true });
    await until(() => sent.length === 1);
    await running.settled();
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });

  test('a stop waits for the answer of a send under way and stores it', async () => {
    const stores = memoryStores();
    const { promise, resolve } = Promise.withResolvers<SendAnswer>();
    const { graph, sent } = scriptedGraph(promise);
    const first = await startTestIngest({ stores, graph, number: silent });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await queue(first, id, 'm2');
    await until(() => sent.length === 1);
    const stopped = first.stop();
    resolve({ kind: 'accepted', providerId: 'wamid.LAST' });
    await stopped;
    const running = await start({ stores, graph: scriptedGraph().graph, configured: true });
    await until(async () => (await outcomes(running, 'm2')).at(0) === 'accepted');
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });
});

describe('a number', () => {
  test.each([
    [130497, 'number_paused'],
    [190, 'account_stopped'],
  ])(
    'told %i is paused with an alert, and goes on with the same message when a person lifts it',
    async (code, alert) => {
      const { graph, sent } = scriptedGraph(refusal(code));
      const running = await start({ graph });
      const id = await conversation(running);
      await queue(running, id, 'm1');
      await queue(running, id, 'm2');
      await running.settled();
      expect(sent).toHaveLength(1);
      const settings = running.ingest.tenant(tenantId)?.settings.current();
      expect(settings?.numbers[phoneNumberId]?.state).toBe('paused');
      expect(await running.ingest.metrics.registry.getSingleMetricAsString('recado_alerts_total')).toContain(
        `alert="${alert}"} 1`,
      );
      await configure(running.store, { type: 'NumberConfigured', data: silent });
      await until(async () => (await outcomes(running, 'm2')).at(0) === 'accepted');
      expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm1', 'm2']);
    },
  );

  test('of the same account stops too when the account does, another account’s does not', async () => {
    const { graph } = scriptedGraph(refusal(190));
    const running = await start({ graph });
    const { meta } = silent;
    if (!meta) throw new Error('no number');
    const sibling = { ...silent, numberId: 'sibling', meta: { ...meta, phoneNumberId: '2' } };
    const stranger = {
      ...silent,
      numberId: 'stranger',
      meta: { ...meta, phoneNumberId: '3', wabaId: 'other' },
    };
    for (const data of [sibling, stranger])
      await configure(running.store, { type: 'NumberConfigured', data });
    const id = await conversation(running);
    await queue(running, id, 'm1');
    await running.settled();
    const numbers = running.ingest.tenant(tenantId)?.settings.current().numbers;
    expect([
      numbers?.[phoneNumberId]?.state,
      numbers?.['sibling']?.state,
      numbers?.['stranger']?.state,
    ]).toEqual(['paused', 'paused', 'active']);
  });

  test('keeps its pace', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph, realClock: true, rateLimits: { perSecond: 3 } });
    const ids = await Promise.all(
      ['1', '2', '3', '4'].map((last) => conversation(running, { waId: `57301555000${last}` })),
    );
    const began = Date.now();
    for (const id of ids) await queue(running, id, `to ${id}`);
    await until(() => sent.length === 4);
    expect(Date.now() - began).toBeGreaterThan(300);
  });

  test('keeps the pace of one recipient, whose burst is over', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph, realClock: true, rateLimits: { pairSeconds: 1, pairBurst: 2 } });
    const id = await conversation(running);
    const began = Date.now();
    for (let index = 1; index <= 4; index++) await queue(running, id, `m${index}`);
    await until(() => sent.length === 4);
    expect(Date.now() - began).toBeGreaterThan(500);
    expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });
});

describe('against the double of Meta', () => {
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  let running: TestIngest;
  let id: string;
  beforeEach(async () => {
    simulator = await startSimulator({ statusDelays: { sent: 1, delivered: 2 } });
    const [business] = simulator.simulator.numbers;
    if (!business) throw new Error('no number');
    const { phoneNumberId: own, wabaId, appSecret, accessToken } = business;
    const meta = {
      phoneNumberId: own,
      wabaId,
      verifyToken: 'v',
      sealedAppSecret: secretBox.seal(appSecret),
      sealedAccessToken: secretBox.seal(accessToken),
    };
    running = await start({
      graphUrl: simulator.url,
      graphTimeoutMs: 500,
      realClock: true,
      number: { ...silent, numberId: own, meta },
    });
    simulator.simulator.setWebhookUrl(`${running.url}/webhooks/meta`);
    simulator.simulator.write('573001112233', 'hola');
    await simulator.simulator.idle();
    await running.settled();
    ({ id } = await running.conversation());
  });
  afterEach(() => simulator.stop());
  const shown = () =>
    simulator.simulator.messages('573001112233').filter(({ direction }) => direction === 'in');

  test.each([
    [131026, 'failed'],
    [131047, 'failed'],
    [131051, 'failed'],
    [100, 'failed'],
    [132000, 'failed'],
    [131000, 'deferred'],
    [131016, 'deferred'],
    [130429, 'deferred'],
    [80007, 'deferred'],
    [131056, 'deferred'],
    [503, 'deferred'],
    [502, 'deferred'],
  ])('error %i: %s', async (code, outcome) => {
    simulator.simulator.setFaults({ nextErrors: [{ code }] });
    await queue(running, id, 'm1');
    await until(async () => (await outcomes(running, 'm1')).at(0) === outcome);
    expect(shown()).toEqual([]);
  });

  test('a file that a customer sent can be sent back: it is uploaded, then sent with its caption', async () => {
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    simulator.simulator.write('573001112233', { media: { kind: 'image', mimeType: 'image/png', data: png } });
    const fetched = async () =>
      Object.values((await running.conversation()).messages).flatMap((message) =>
        message.direction === 'in' && message.media && 'mediaHash' in message.media ? [message.media] : [],
      );
    await until(async () => (await fetched()).length === 1);
    const [file] = await fetched();
    if (!file) throw new Error('no file');
    await queue(running, id, 'm1', { kind: 'media', mediaType: 'image', ...file, caption: 'de vuelta' });
    await until(() => shown().length === 1);
    expect(shown()[0]).toMatchObject({ kind: 'image', text: 'de vuelta', media: { mimeType: 'image/png' } });
  });

  test('a lost answer is uncertain, is not sent again, and its status settles it', async () => {
    simulator.simulator.setFaults({ loseNextResponses: 1 });
    await queue(running, id, 'm1');
    await until(async () => {
      const state = await running.conversation();
      return deliveryOf(state, sentMessage(state, 'm1')) === 'delivered';
    });
    await running.settled();
    expect(shown()).toHaveLength(1);
    expect(sentMessage(await running.conversation(), 'm1').attempts).toHaveLength(1);
  });

  test('statuses before the answer, twice and out of order end at the highest', async () => {
    simulator.simulator.setFaults({ statusBeforeResponse: true, statusesOutOfOrder: true, copies: 2 });
    await queue(running, id, 'm1');
    await until(() => shown().length === 1);
    simulator.simulator.read('573001112233');
    await until(async () => {
      const state = await running.conversation();
      return deliveryOf(state, sentMessage(state, 'm1')) === 'read';
    });
    await simulator.simulator.idle();
    await running.settled();
    const state = await running.conversation();
    expect(deliveryOf(state, sentMessage(state, 'm1'))).toBe('read');
  });

  test('statuses without our reference are still matched', async () => {
    simulator.simulator.setFaults({ withoutOpaqueData: true });
    await queue(running, id, 'm1');
    await until(async () => {
      const state = await running.conversation();
      return deliveryOf(state, sentMessage(state, 'm1')) === 'delivered';
    });
  });
});

test('while nobody listens at the provider the message waits', async () => {
  const running = await start({ graphUrl: nobodyListens });
  const id = await conversation(running);
  await queue(running, id, 'm1');
  await running.settled();
  expect(sentMessage(await running.conversation(), 'm1').attempts).toMatchObject([
    { outcome: 'deferred', code: 'unreachable' },
  ]);
});

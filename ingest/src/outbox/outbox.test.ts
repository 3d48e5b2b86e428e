import { describe, expect, test } from 'vitest';
import { lucia, nobodyListens, text, until } from '../ingest.testkit.ts';
import type { SendAnswer } from '../meta/graph-client.ts';
import {
  conversation,
  outcomes,
  queue,
  refusal,
  scriptedGraph,
  sentMessage,
  start,
} from './outbox.testkit.ts';

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

test('while nobody listens at the provider the message waits', async () => {
  const running = await start({ graphUrl: nobodyListens });
  const id = await conversation(running);
  await queue(running, id, 'm1');
  await running.settled();
  expect(sentMessage(await running.conversation(), 'm1').attempts).toMatchObject([
    { outcome: 'deferred', code: 'unreachable' },
  ]);
});

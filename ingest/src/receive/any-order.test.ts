import { day, minute } from '@recado/domain/time';
import { deliveryOf } from '@recado/domain/conversation/delivery-of';
import type { ConversationState, Message } from '@recado/domain/conversation/state';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  append,
  lucia,
  messageFrom,
  messages,
  number,
  startOfTests,
  startTestIngest,
  status,
  tenantId,
  text,
} from '../ingest.testkit.ts';

/**
 * The provider's events of one conversation in any order, repeated and delayed, through the real way in. What a
 * person sees at the end must not depend on it.
 */
const at = (step: number): number => startOfTests + step * 1_000;
const reaction = (id: string, step: number, target: string, emoji?: string) =>
  messages(
    lucia,
    messageFrom(lucia, { id, at: at(step), type: 'reaction', reaction: { message_id: target, emoji } }),
  );
const edit = (id: string, step: number, target: string, body: string) =>
  messages(
    lucia,
    messageFrom(lucia, {
      id,
      at: at(step),
      type: 'edit',
      edit: { original_message_id: target, message: { type: 'text', text: { body } } },
    }),
  );
const revoke = (id: string, step: number, target: string) =>
  messages(
    lucia,
    messageFrom(lucia, { id, at: at(step), type: 'revoke', revoke: { original_message_id: target } }),
  );

const pricing = { billable: true, pricing_model: 'PMP', category: 'service' };
const story = [
  text(lucia, 'wamid.1', 'hola', at(1)),
  text(lucia, 'wamid.2', 'quiero un plan', at(2)),
  reaction('wamid.r1', 3, 'wamid.1', '👍'),
  reaction('wamid.r2', 4, 'wamid.1', '❤️'),
  reaction('wamid.r3', 5, 'wamid.2', '🙏'),
  reaction('wamid.r4', 6, 'wamid.2'),
  edit('wamid.e1', 7, 'wamid.2', 'quiero dos planes'),
  edit('wamid.e2', 8, 'wamid.2', 'quiero tres planes'),
  text(lucia, 'wamid.3', 'sin querer', at(9)),
  revoke('wamid.v1', 10, 'wamid.3'),
  status(lucia, 'wamid.OUT', 'sent', { at: at(11), pricing }),
  status(lucia, 'wamid.OUT', 'delivered', { at: at(12), pricing }),
  status(lucia, 'wamid.OUT', 'read', { at: at(13) }),
  status(lucia, 'wamid.LOST', 'failed', {
    at: at(14),
    errors: [{ code: 131026, title: 'Message undeliverable' }],
  }),
];

/** What a person sees: messages in the provider's order with their marks, and where ours stand. */
function visible(state: ConversationState): unknown {
  const order = (a: Message, b: Message) =>
    a.at === b.at ? (a.messageId < b.messageId ? -1 : 1) : a.at < b.at ? -1 : 1;
  return {
    messages: Object.values(state.messages)
      .toSorted(order)
      .map((message) =>
        message.direction === 'out'
          ? { out: message.messageId, delivery: deliveryOf(state, message) }
          : {
              in: message.providerId,
              content: state.edits[message.providerId]?.content ?? message.content,
              reaction: state.reactions[message.providerId]?.emoji ?? null,
              revoked: state.revoked[message.providerId] ?? false,
            },
      ),
    reports: Object.entries(state.reports)
      .map(([key, report]) => [key, report.status, report.pricing, report.error])
      .toSorted(),
    waitingSince: state.waitingSince,
    lastInboundAt: state.lastInboundAt,
    unread: state.unread.toSorted(),
  };
}

async function play(order: readonly number[]): Promise<unknown> {
  const kit = await startTestIngest({ number: number({ greeting: null }) });
  try {
    for (const index of order) {
      expect(await kit.post(story[index])).toBe(200);
      kit.clock.now += 7_000;
    }
    for (const wait of [minute, 10 * minute, day]) {
      kit.clock.now += wait;
      await kit.ingest.tenant(tenantId)?.tick();
    }
    await kit.settled();
    return visible(await kit.conversation());
  } finally {
    await kit.stop();
  }
}

test('any order, any repetition and any delay of the same events give what is seen in their own order', async () => {
  const told = await play(story.map((_, index) => index));
  expect(told).toMatchObject({
    messages: [
      { in: 'wamid.1', reaction: '❤️' },
      { in: 'wamid.2', reaction: null, content: { body: 'quiero tres planes' } },
      { in: 'wamid.3', revoked: true },
    ],
  });
  const shuffled = fc
    .shuffledSubarray(
      story.map((_, index) => index),
      { minLength: story.length },
    )
    .chain((order) =>
      fc.array(fc.nat(story.length - 1), { maxLength: 12 }).map((repeated) => [...order, ...repeated]),
    );
  await fc.assert(
    fc.asyncProperty(shuffled, async (order) => {
      expect(await play(order)).toEqual(told);
    }),
    { numRuns: 25 },
  );
});

test('the state of a sent message only rises, whatever comes after', async () => {
  const kit = await startTestIngest({ number: number({ greeting: null }) });
  try {
    await kit.post(text(lucia, 'wamid.1', 'hola'));
    await kit.settled();
    const { id } = await kit.conversation();
    await append(
      kit.store,
      `conversation.${id}`,
      {
        type: 'MessageQueued',
        data: {
          messageId: 'm1',
          author: { kind: 'agent', id: 'ana' },
          content: { kind: 'text', body: 'hola' },
        },
      },
      { type: 'SendClaimed', data: { messageId: 'm1', attemptId: 'a-1' } },
      { type: 'SendUncertain', data: { messageId: 'm1', attemptId: 'a-1', reason: 'timeout' } },
    );
    for (const reported of ['read', 'failed', 'sent', 'delivered']) {
      await kit.post(status(lucia, 'wamid.OUT', reported, { opaque: `${id}|a-1` }));
      const state = await kit.conversation();
      const message = state.messages['m1'];
      expect(message?.direction === 'out' ? deliveryOf(state, message) : null).toBe('read');
    }
  } finally {
    await kit.stop();
  }
});

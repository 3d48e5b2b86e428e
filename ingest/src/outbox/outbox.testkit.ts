import { deliveryOf } from '@recado/domain/conversation/delivery-of';
import type { OutboundContent } from '@recado/domain/conversation/content';
import type { Delivery } from '@recado/domain/conversation/delivery';
import type { ConversationState, OutboundMessage } from '@recado/domain/conversation/state';
import { afterEach } from 'vitest';
import {
  append,
  lucia,
  number,
  startTestIngest,
  text,
  type TestIngest,
  type TestIngestOptions,
} from '../ingest.testkit.ts';
import type { GraphClient, SendAnswer } from '../meta/graph-client.ts';

/** What suites of the outbox share: a provider that answers from a script, and what became of a message. */

/** Answers sends from a script and keeps what was sent. */
export function scriptedGraph(...script: (SendAnswer | Promise<SendAnswer>)[]) {
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
export const refusal = (code: number): SendAnswer => ({ kind: 'refused', status: 400, code });
/** A number that says nothing by itself. */
export const silent = number({ greeting: null });

let running: TestIngest | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** An ingest that stops when the test has ended. */
export async function start(options: TestIngestOptions): Promise<TestIngest> {
  running = await startTestIngest({ number: silent, ...options });
  return running;
}

/** A conversation with a customer who has written, ready to be answered. */
export async function conversation(running: TestIngest, customer = lucia): Promise<string> {
  await running.post(text(customer, `wamid.${customer.waId}`, 'hola'));
  await running.settled();
  const found = (await running.conversations()).find(({ address }) => address?.value === `+${customer.waId}`);
  if (!found) throw new Error('no conversation');
  return found.id;
}
export const queue = (
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
export const sentMessage = (state: ConversationState, messageId: string): OutboundMessage => {
  const message = state.messages[messageId];
  if (message?.direction !== 'out') throw new Error(`no message ${messageId}`);
  return message;
};
export const outcomes = async (running: TestIngest, messageId: string): Promise<string[]> => {
  const found = (await running.conversations()).find(({ messages }) => messages[messageId]);
  return found ? sentMessage(found, messageId).attempts.map(({ outcome }) => outcome) : [];
};
export const deliveryNow = async (running: TestIngest, messageId: string): Promise<Delivery> => {
  const state = await running.conversation();
  return deliveryOf(state, sentMessage(state, messageId));
};

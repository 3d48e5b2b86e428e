import { expect, test } from 'vitest';
import { decideBotStep } from '../conversation/decide.ts';
import { evolveConversation } from '../conversation/evolve.ts';
import { initialConversation, type ConversationState } from '../conversation/state.ts';
import type { ConversationEvent } from '../conversation/events.ts';
import { must } from '../must.ts';
import { isRejection } from '../outcome.ts';
import { nextBotStep } from './greet.ts';

const number = { greeting: 'Hola', queueId: 'sales' };
const meta = {
  stream: 'conversation.n.c.000001',
  version: 1,
  at: '2026-11-20T14:00:00.000Z',
  actor: { kind: 'customer' as const, id: 'c' },
  cause: { webhook: 'w' },
};
const opened: ConversationEvent = {
  type: 'ConversationOpened',
  data: {
    numberId: 'n',
    contactId: 'c',
    episode: 1,
    provider: 'meta',
    contactName: null,
    address: { scheme: 'wa_phone', value: '+1' },
  },
};
const said = (echo?: boolean): ConversationEvent => ({
  type: 'MessageReceived',
  data: { messageId: 'in-1', providerId: 'p1', content: { kind: 'text', body: 'hola' }, echo },
});
const after = (...events: ConversationEvent[]): ConversationState =>
  events.reduce((state, event) => evolveConversation(state, event, meta), initialConversation);

test('the first word of a customer is greeted and handed over', () => {
  const step = nextBotStep(after(opened, said()), number);
  expect(step).toMatchObject({ say: { text: 'Hola' }, handOverTo: 'sales' });
});

test('a number without a greeting hands over silently', () => {
  expect(nextBotStep(after(opened, said()), { ...number, greeting: null })).toMatchObject({
    say: null,
    handOverTo: 'sales',
  });
});

test('while only the company has spoken the bot waits', () => {
  expect(nextBotStep(after(opened, said(true)), number)).toBeNull();
});

test('once handed over it is no longer its turn, and it greets once in a conversation', () => {
  const state = after(opened, said());
  const outcome = decideBotStep(state, must(nextBotStep(state, number), 'a step'));
  if (isRejection(outcome)) throw new Error(outcome.rejected);
  const queued = outcome.accepted.reduce((next, event) => evolveConversation(next, event, meta), state);
  expect(queued.phase).toBe('queued');
  expect(nextBotStep(queued, number)).toBeNull();
  expect(nextBotStep({ ...queued, phase: 'bot' }, number)).toMatchObject({ say: null });
});

import { describe, expect, test } from 'vitest';
import { assignedToAna, given, minute, opened, queued, text } from '../conversation/conversation.testkit.ts';
import type { ConversationEvent } from '../conversation/events.ts';
import { convSchema, msgSchema } from '../wire/documents.ts';
import { convDoc, msgDoc, sortedMessages } from './view.ts';

const context = { numberName: 'Ventas', slaMs: 5 * 60_000 };

describe('what a device shows of a conversation', () => {
  const state = given(opened, queued, assignedToAna, {
    at: minute(2),
    events: [
      text('late', minute(-5), 'escrito antes'),
      {
        type: 'ReactionReceived',
        occurredAt: minute(2),
        data: { providerId: 'r1', targetProviderId: 'w1', emoji: '👍' },
      },
      { type: 'MessageRevoked', data: { providerId: 'x', targetProviderId: 'late' } },
    ],
  });

  test('is valid on the wire', () => {
    expect(convSchema.parse(convDoc(state, context))).toMatchObject({
      unread: 2,
      phase: 'assigned',
      agentId: 'ana',
    });
    for (const message of sortedMessages(state)) msgSchema.parse(msgDoc(state, message));
  });

  test('stands in the order of the provider’s time, not of arrival', () => {
    expect(sortedMessages(state).map((message) => message.messageId)).toEqual(['in-late', 'in-w1']);
    expect(convDoc(state, context).lastMessage?.messageId).toBe('in-w1');
  });

  test('calls the last message by its kind, and a revoked one by that alone', () => {
    const lastOf = (...events: ConversationEvent[]) =>
      convDoc(given(opened, queued, assignedToAna, { at: minute(3), events }), context).lastMessage;
    const received = (voice: boolean) => {
      const event = text('m', minute(3), '');
      return { ...event, data: { ...event.data, content: { kind: 'media', mediaType: 'audio', voice } } };
    };
    expect(lastOf(received(true) as ConversationEvent)).toMatchObject({ kind: 'voice', preview: null });
    expect(lastOf(received(false) as ConversationEvent)).toMatchObject({ kind: 'audio', preview: null });
    expect(
      lastOf(text('m', minute(3), 'me equivoqué'), {
        type: 'MessageRevoked',
        data: { providerId: 'x', targetProviderId: 'm' },
      }),
    ).toMatchObject({ kind: 'revoked', preview: null });
  });

  test('joins reactions and revocations to their messages', () => {
    expect(msgDoc(state, state.messages['in-w1']!).reactions).toEqual([{ emoji: '👍', by: 'customer' }]);
    expect(msgDoc(state, state.messages['in-late']!).revoked).toBe(true);
  });

  test('tells a message that its author gave up from one that the provider refused', () => {
    const attempt = { messageId: 'm1', attemptId: 'a1' };
    const shown = (decision: 'drop' | 'resend') => {
      const asked = given(opened, queued, assignedToAna, {
        at: minute(3),
        events: [
          {
            type: 'MessageQueued',
            data: {
              messageId: 'm1',
              author: { kind: 'agent', id: 'ana' },
              content: { kind: 'text', body: 'ok' },
            },
          },
          { type: 'SendClaimed', data: attempt },
          { type: 'SendUncertain', data: { ...attempt, reason: 'timeout' } },
          { type: 'UncertainSettled', data: { messageId: 'm1', decision } },
        ],
      });
      return msgDoc(asked, asked.messages['m1']!).delivery;
    };
    expect(shown('drop')).toMatchObject({ state: 'failed', code: 'dropped' });
    expect(shown('resend')).toEqual({ state: 'pending' });
  });

  test('counts the window from the customer’s last message and the SLA from the queue entry', () => {
    expect(convDoc(state, context)).toMatchObject({
      windowUntil: minute(24 * 60),
      slaDueAt: minute(5),
      waitingSince: minute(-5),
    });
  });

  test('a person’s answer ends the SLA; the bot’s does not', () => {
    const say = (kind: 'bot' | 'agent') =>
      given(opened, queued, assignedToAna, {
        at: minute(3),
        events: [
          {
            type: 'MessageQueued',
            data: { messageId: 'm1', author: { kind, id: 'x' }, content: { kind: 'text', body: 'ok' } },
          },
        ],
      });
    expect(convDoc(say('bot'), context).slaDueAt).toBe(minute(5));
    expect(convDoc(say('agent'), context).slaDueAt).toBeNull();
    expect(convDoc(say('agent'), context).lastMessage).toMatchObject({ delivery: 'pending', preview: 'ok' });
  });
});

import { describe, expect, test } from 'vitest';
import { textLimit } from './content.ts';
import {
  ana,
  arrival,
  assignedToAna,
  closed,
  codeOf,
  doing,
  given,
  minute,
  opened,
  queued,
  text,
  typesOf,
} from './conversation.testkit.ts';
import {
  decideArrival,
  decideBotStep,
  decideCommand,
  decideMark,
  decideReport,
  decideReturn,
  decideRouting,
  type ConversationCommand,
} from './decide.ts';
import type { ConversationEventOf } from './events.ts';
import { initialConversation, type ConversationState } from './state.ts';

const send = (body: string, more: Partial<Extract<ConversationCommand, { type: 'SendMessage' }>> = {}) =>
  ({
    type: 'SendMessage',
    commandId: 'k1',
    messageId: 'm1',
    content: { kind: 'text', body },
    ...more,
  }) as const;
const asAna = (state: ConversationState, command: ConversationCommand, now = minute(5)) =>
  decideCommand(state, command, { now, actor: ana, mayTakeOver: false });
const asSupervisor = (state: ConversationState, command: ConversationCommand, now = minute(5)) =>
  decideCommand(state, command, { now, actor: { kind: 'supervisor', id: 'sara' }, mayTakeOver: true });

describe('a message of the customer', () => {
  test('opens a conversation that does not exist', () => {
    expect(typesOf(decideArrival(initialConversation, arrival(text('w1', minute(0)))))).toEqual([
      'ConversationOpened',
      'MessageReceived',
    ]);
  });

  test('joins an open one', () => {
    expect(typesOf(decideArrival(given(opened), arrival(text('w2', minute(1)))))).toEqual([
      'MessageReceived',
    ]);
  });

  test('is not taken twice', () => {
    expect(decideArrival(given(opened), arrival(text('w1', minute(0))))).toEqual({ accepted: [] });
  });

  test('reopens a closed one within the window, in the queue it was in', () => {
    const state = given(opened, queued, assignedToAna, closed);
    const outcome = decideArrival(state, arrival(text('w2', minute(60))));
    expect(typesOf(outcome)).toEqual(['ConversationReopened', 'MessageReceived', 'ConversationQueued']);
    expect(doing(state, minute(60), outcome)).toMatchObject({
      phase: 'queued',
      queueId: 'general',
      agentId: null,
    });
  });

  test('after the window asks for the next episode', () => {
    const state = given(opened, queued, assignedToAna, closed);
    expect(codeOf(decideArrival(state, arrival(text('w2', minute(10 + 24 * 60 + 1)))))).toBe('episode_ended');
  });

  test('an echo of the company itself does not wake a closed conversation', () => {
    const state = given(opened, queued, assignedToAna, closed);
    const echo = text('w2', minute(60));
    echo.data.echo = true;
    expect(typesOf(decideArrival(state, arrival(echo)))).toEqual(['MessageReceived']);
  });
});

describe('the bot', () => {
  const step = {
    say: { messageId: 'b1', text: 'Hola, ya te atendemos' },
    handOverTo: 'general',
    botId: 'bot',
  };

  test('greets and hands over in one step', () => {
    expect(typesOf(decideBotStep(given(opened), step))).toEqual(['MessageQueued', 'ConversationQueued']);
  });

  test('says nothing twice, and nothing once a person has the conversation', () => {
    const after = doing(given(opened), minute(0), decideBotStep(given(opened), step));
    expect(decideBotStep(after, step)).toEqual({ accepted: [] });
  });
});

describe('routing', () => {
  test('assigns only what waits in a queue', () => {
    expect(typesOf(decideRouting(given(opened, queued), 'ana'))).toEqual(['ConversationAssigned']);
    expect(codeOf(decideRouting(given(opened, queued, assignedToAna), 'bruno'))).toBe('not_queued');
  });

  test('returns to the queue, and the customer goes on waiting since the first unanswered message', () => {
    const state = given(opened, queued, assignedToAna);
    const after = doing(state, minute(20), decideReturn(state, 'agent_offline'));
    expect(after).toMatchObject({
      phase: 'queued',
      agentId: null,
      queuedAt: minute(20),
      waitingSince: minute(0),
    });
  });
});

describe('sending', () => {
  const state = given(opened, queued, assignedToAna);

  test('queues the message and ends the wait', () => {
    const after = doing(state, minute(5), asAna(state, send('claro')), { commandId: 'k1' });
    expect(after.messages.m1).toMatchObject({ direction: 'out', author: { id: 'ana' }, commandId: 'k1' });
    expect(after.waitingSince).toBeNull();
    expect(after.unread).toEqual([]);
  });

  test('the same command again appends nothing, also when its message was long ago', () => {
    const after = doing(state, minute(5), asAna(state, send('claro')), { commandId: 'k1' });
    expect(asAna(after, send('claro'))).toEqual({ accepted: [] });
    expect(asAna(after, send('claro', { commandId: 'another' }))).toEqual({ accepted: [] });
  });

  test.each([
    ['an empty text', send(' \n '), 'empty_message'],
    ['a text over the limit', send('a'.repeat(textLimit + 1)), 'message_too_long'],
    ['a reply to a message that is not there', send('sí', { replyTo: 'nope' }), 'reply_target_unknown'],
  ] as const)('%s is refused', (_name, command, code) => {
    expect(codeOf(asAna(state, command))).toBe(code);
  });

  test('a text of exactly the limit, right-to-left text and emoji are fine', () => {
    expect(codeOf(asAna(state, send('a'.repeat(textLimit))))).toBe('accepted');
    expect(codeOf(asAna(state, send('שלום 👩‍👩‍👧‍👦')))).toBe('accepted');
  });

  test('is refused once the 24 hours since the last message of the customer are over', () => {
    expect(codeOf(asAna(state, send('hola'), minute(24 * 60 - 1)))).toBe('accepted');
    expect(codeOf(asAna(state, send('hola'), minute(24 * 60)))).toBe('window_closed');
  });

  test('is refused to whom it is not assigned, a supervisor included, and after the close', () => {
    expect(codeOf(asAna(given(opened, queued), send('hola')))).toBe('not_assigned');
    expect(codeOf(asSupervisor(state, send('hola')))).toBe('not_assigned');
    expect(codeOf(asAna(given(opened, queued, assignedToAna, closed), send('hola')))).toBe(
      'conversation_closed',
    );
  });
});

describe('other commands', () => {
  const state = given(opened, queued, assignedToAna);

  test('an agent closes what is assigned to them, once', () => {
    const close = { type: 'CloseConversation', commandId: 'k2', reason: 'resolved' } as const;
    const after = doing(state, minute(6), asAna(state, close), { commandId: 'k2' });
    expect(after).toMatchObject({ phase: 'closed', closed: { at: minute(6), reason: 'resolved' } });
    expect(asAna(after, close)).toEqual({ accepted: [] });
    expect(codeOf(asAna(after, { ...close, commandId: 'k3' }))).toBe('conversation_closed');
  });

  test('an agent reopens their own closed conversation and has it again', () => {
    const done = given(opened, queued, assignedToAna, closed);
    const after = doing(done, minute(12), asAna(done, { type: 'ReopenConversation', commandId: 'k2' }));
    expect(after).toMatchObject({ phase: 'assigned', agentId: 'ana', closed: null, reopenings: 1 });
  });

  test('a transfer to a colleague moves it; to a queue makes it wait there', () => {
    const toBruno = { type: 'TransferConversation', commandId: 'k2', to: { agentId: 'bruno' } } as const;
    expect(doing(state, minute(6), asAna(state, toBruno))).toMatchObject({
      phase: 'assigned',
      agentId: 'bruno',
    });
    const toSales = { type: 'TransferConversation', commandId: 'k2', to: { queueId: 'ventas' } } as const;
    expect(doing(state, minute(6), asAna(state, toSales))).toMatchObject({
      phase: 'queued',
      queueId: 'ventas',
      agentId: null,
    });
  });

  test('only who may take over takes what is another agent’s', () => {
    const take = { type: 'TakeConversation', commandId: 'k2' } as const;
    expect(
      codeOf(
        decideCommand(state, take, {
          now: minute(6),
          actor: { kind: 'agent', id: 'bruno' },
          mayTakeOver: false,
        }),
      ),
    ).toBe('forbidden');
    expect(typesOf(asSupervisor(state, take))).toEqual(['ConversationTransferred', 'ConversationAssigned']);
  });

  test('seeing up to a message leaves the later ones unread', () => {
    const more = doing(state, minute(2), decideArrival(state, arrival(text('w2', minute(2)))));
    const after = doing(
      more,
      minute(3),
      asAna(more, { type: 'MarkSeen', commandId: 'k2', upToMessageId: 'in-w1' }),
    );
    expect(after.unread).toEqual(['in-w2']);
  });

  test('a command for a conversation that does not exist is refused', () => {
    expect(codeOf(asAna(initialConversation, send('hola')))).toBe('conversation_unknown');
  });
});

describe('what the provider reports', () => {
  const reaction = (
    providerId: string,
    emoji: string | null,
    at: string,
  ): ConversationEventOf<'ReactionReceived'> => ({
    type: 'ReactionReceived',
    occurredAt: at,
    data: { providerId, targetProviderId: 'w1', emoji },
  });
  const status = (value: 'sent' | 'delivered' | 'read'): ConversationEventOf<'DeliveryReported'> => ({
    type: 'DeliveryReported',
    data: { providerId: 'p1', attemptId: null, status: value },
  });

  test('a reaction older than the one known appends nothing', () => {
    const state = doing(given(opened), minute(2), decideMark(given(opened), reaction('r2', '👍', minute(2))));
    expect(decideMark(state, reaction('r1', '❤️', minute(1)))).toEqual({ accepted: [] });
    expect(typesOf(decideMark(state, reaction('r3', null, minute(3))))).toEqual(['ReactionReceived']);
  });

  test('a status below the highest known appends nothing, unless it brings the price', () => {
    const state = doing(given(opened), minute(2), decideReport(given(opened), status('read')));
    expect(decideReport(state, status('delivered'))).toEqual({ accepted: [] });
    const priced = status('sent');
    priced.data.pricing = { billable: true, category: 'service' };
    const after = doing(state, minute(3), decideReport(state, priced));
    expect(after.reports.p1).toEqual({ status: 'read', pricing: { billable: true, category: 'service' } });
  });
});

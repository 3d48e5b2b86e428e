import { describe, expect, test } from 'vitest';
import { codeOf, doing, given, minute, opened, typesOf } from './conversation.testkit.ts';
import { decideCommand, decideReport } from './decide.ts';
import { deliveryOf } from './delivery-of.ts';
import { decideClaim, decideResult, sendable, unfinished, type SendResult } from './sending.ts';
import type { ConversationState, OutboundMessage } from './state.ts';

const queuedMessage = given(opened, {
  at: minute(1),
  events: [
    {
      type: 'MessageQueued',
      data: { messageId: 'm1', author: { kind: 'agent', id: 'ana' }, content: { kind: 'text', body: 'sí' } },
    },
    { type: 'ConversationQueued', data: { queueId: 'general', reason: 'handover' } },
    { type: 'ConversationAssigned', data: { agentId: 'ana', queueId: 'general', reason: 'routed' } },
  ],
});
const claim = (state: ConversationState, attemptId: string) =>
  doing(state, minute(2), decideClaim(state, 'm1', attemptId));
const end = (state: ConversationState, attemptId: string, result: SendResult) =>
  doing(state, minute(3), decideResult(state, 'm1', attemptId, result));
const report = (
  state: ConversationState,
  status: 'sent' | 'failed' | 'delivered' | 'read',
  attemptId: string | null = null,
) =>
  doing(
    state,
    minute(4),
    decideReport(state, { type: 'DeliveryReported', data: { providerId: 'p1', attemptId, status } }),
  );
const delivery = (state: ConversationState) => deliveryOf(state, state.messages.m1 as OutboundMessage);

describe('an outbound message', () => {
  test('is claimed once: no second attempt while the first has no end', () => {
    const claimed = claim(queuedMessage, 'a1');
    expect(delivery(claimed)).toBe('claimed');
    expect(codeOf(decideClaim(claimed, 'm1', 'a2'))).toBe('already_claimed');
    expect(unfinished(claimed).map((message) => message.messageId)).toEqual(['m1']);
  });

  test('goes back to waiting when it is refused for now, and is tried again as a new attempt', () => {
    const deferred = end(claim(queuedMessage, 'a1'), 'a1', {
      kind: 'deferred',
      code: '130429',
      retryAt: minute(9),
    });
    expect(delivery(deferred)).toBe('queued');
    expect(sendable(deferred).map((message) => message.messageId)).toEqual(['m1']);
    expect(typesOf(decideClaim(deferred, 'm1', 'a2'))).toEqual(['SendClaimed']);
  });

  test('refused for good is failed and never claimed again', () => {
    const failed = end(claim(queuedMessage, 'a1'), 'a1', { kind: 'failed', code: '131026' });
    expect(delivery(failed)).toBe('failed');
    expect(codeOf(decideClaim(failed, 'm1', 'a2'))).toBe('already_claimed');
  });

  test('the answer of the send counts once', () => {
    const accepted = end(claim(queuedMessage, 'a1'), 'a1', { kind: 'accepted', providerId: 'p1' });
    expect(decideResult(accepted, 'm1', 'a1', { kind: 'uncertain', reason: 'timeout' })).toEqual({
      accepted: [],
    });
    expect(codeOf(decideResult(accepted, 'm1', 'a9', { kind: 'accepted', providerId: 'p2' }))).toBe(
      'attempt_unknown',
    );
  });

  test('its state only rises: delivered beats an earlier failure, and nothing goes back from read', () => {
    const accepted = end(claim(queuedMessage, 'a1'), 'a1', { kind: 'accepted', providerId: 'p1' });
    expect(delivery(report(report(accepted, 'failed'), 'delivered'))).toBe('delivered');
    expect(delivery(report(report(accepted, 'read'), 'sent'))).toBe('read');
  });
});

describe('a send without an answer', () => {
  const uncertain = end(claim(queuedMessage, 'a1'), 'a1', { kind: 'uncertain', reason: 'timeout' });

  test('is neither sent nor tried again by itself', () => {
    expect(sendable(uncertain)).toEqual([]);
    expect(codeOf(decideClaim(uncertain, 'm1', 'a2'))).toBe('already_claimed');
  });

  test('is settled by a status that returns the attempt, also one that came before', () => {
    expect(delivery(report(uncertain, 'delivered', 'a1'))).toBe('delivered');
    const early = report(claim(queuedMessage, 'a1'), 'sent', 'a1');
    expect(decideResult(early, 'm1', 'a1', { kind: 'uncertain', reason: 'timeout' })).toEqual({
      accepted: [],
    });
    expect(delivery(early)).toBe('sent');
  });

  test('once a status tied it to the provider’s id, later statuses need no attempt id', () => {
    expect(delivery(report(report(uncertain, 'sent', 'a1'), 'read'))).toBe('read');
  });

  const settle = (state: ConversationState, decision: 'resend' | 'drop') =>
    decideCommand(
      state,
      { type: 'SettleUncertain', commandId: 'k1', messageId: 'm1', decision },
      { now: minute(20), actor: { kind: 'agent', id: 'ana' }, mayTakeOver: false },
    );

  test('is sent again or dropped when the agent says so', () => {
    const resent = doing(uncertain, minute(20), settle(uncertain, 'resend'));
    expect(sendable(resent).map((message) => message.messageId)).toEqual(['m1']);
    expect(delivery(doing(uncertain, minute(20), settle(uncertain, 'drop')))).toBe('failed');
  });

  test('cannot be sent again once a status has proved it', () => {
    expect(codeOf(settle(report(uncertain, 'sent', 'a1'), 'resend'))).toBe('not_uncertain');
  });
});

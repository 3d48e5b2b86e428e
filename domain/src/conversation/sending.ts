import { accept, reject, type Outcome } from '../outcome.ts';
import { deliveryOf } from './delivery-of.ts';
import type { ConversationEvent } from './events.ts';
import type { ConversationState, OutboundMessage } from './state.ts';

/**
 * Decisions of the outbox about one outbound message.
 *
 *   queued ─claim─► claimed ─► accepted            (the provider took it; statuses follow)
 *     ▲                ├─────► deferred ─retryAt─► queued
 *     │                ├─────► failed             (for good)
 *     └──── resend ◄── └─────► uncertain          (no answer: settled by a status or by a person)
 */
type Decision = Outcome<ConversationEvent>;

/** Whether a new attempt may be made. An attempt without a known end is never repeated. */
export function isSendable(state: ConversationState, message: OutboundMessage): boolean {
  const last = message.attempts.at(-1);
  if (deliveryOf(state, message) !== 'queued') return false;
  return last === undefined || last.outcome === 'deferred' || last.outcome === 'resend';
}

/** Messages that wait for the outbox, in the order in which they were queued. */
export const sendable = (state: ConversationState): OutboundMessage[] =>
  Object.values(state.messages).filter(
    (message): message is OutboundMessage => message.direction === 'out' && isSendable(state, message),
  );

/** Attempts that were begun and never ended: after a crash these are uncertain. */
export const unfinished = (state: ConversationState): OutboundMessage[] =>
  Object.values(state.messages).filter(
    (message): message is OutboundMessage =>
      message.direction === 'out' &&
      message.attempts.at(-1)?.outcome === 'claimed' &&
      deliveryOf(state, message) === 'claimed',
  );

export function decideClaim(state: ConversationState, messageId: string, attemptId: string): Decision {
  const message = state.messages[messageId];
  if (message?.direction !== 'out') return reject('message_unknown');
  if (!isSendable(state, message)) return reject('already_claimed');
  return accept({ type: 'SendClaimed', data: { messageId, attemptId } });
}

export type SendResult =
  | { kind: 'accepted'; providerId: string }
  | { kind: 'deferred'; code: string; detail?: string; retryAt: string }
  | { kind: 'failed'; code: string; detail?: string }
  | { kind: 'uncertain'; reason: string };

/** What became of an attempt. A result that is already known, or came after a better proof, appends nothing. */
export function decideResult(
  state: ConversationState,
  messageId: string,
  attemptId: string,
  result: SendResult,
): Decision {
  const message = state.messages[messageId];
  if (message?.direction !== 'out') return reject('message_unknown');
  const attempt = message.attempts.find((candidate) => candidate.attemptId === attemptId);
  if (!attempt) return reject('attempt_unknown');
  const settled = attempt.outcome !== 'claimed' && attempt.outcome !== 'uncertain';
  if (settled || (attempt.outcome === 'uncertain' && result.kind === 'uncertain')) return accept();
  switch (result.kind) {
    case 'accepted':
      return accept({ type: 'SendAccepted', data: { messageId, attemptId, providerId: result.providerId } });
    case 'deferred': {
      const { code, detail, retryAt } = result;
      return accept({ type: 'SendDeferred', data: { messageId, attemptId, code, detail, retryAt } });
    }
    case 'failed':
      return accept({
        type: 'SendFailed',
        data: { messageId, attemptId, code: result.code, detail: result.detail },
      });
    case 'uncertain':
      if (deliveryOf(state, message) !== 'claimed') return accept();
      return accept({ type: 'SendUncertain', data: { messageId, attemptId, reason: result.reason } });
  }
}

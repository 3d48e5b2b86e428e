import type { Actor, Cause, CommitMeta } from '../commit/commit.ts';
import { isRejection, type Outcome, type Rejection } from '../outcome.ts';
import { instant } from '../time.ts';
import type { Arrival } from './decide.ts';
import type { ConversationEvent, ConversationEventOf } from './events.ts';
import { evolveConversation } from './evolve.ts';
import { initialConversation, type ConversationState } from './state.ts';

/** Given/when/then for a conversation: what has happened, what is asked, what comes of it. */
export const start = Date.parse('2026-11-20T14:00:00.000Z');
/** Instants of a test, in minutes after its beginning. */
export const minute = (minutes: number): string => instant(start + minutes * 60_000);

export const ana: Actor = { kind: 'agent', id: 'ana' };
export const stream = 'conversation.n1.c1.000001';

export interface Step {
  events: ConversationEvent[];
  at: string;
  cause?: Cause;
  actor?: Actor;
}

/** Folds commits, one per step, numbered from 1. */
export function given(...steps: Step[]): ConversationState {
  return steps.reduce((state, step) => happened(state, step), initialConversation);
}

export function happened(state: ConversationState, { events, at, cause, actor }: Step): ConversationState {
  const commit: CommitMeta = {
    stream,
    version: state.version + 1,
    at,
    actor: actor ?? { kind: 'system', id: 'test' },
    cause: cause ?? { event: 'test' },
  };
  return events.reduce((folded, event) => evolveConversation(folded, event, commit), state);
}

/** Decides and folds what was accepted; a refusal fails the test. */
export function doing(
  state: ConversationState,
  at: string,
  outcome: Outcome<ConversationEvent>,
  cause?: Cause,
) {
  if (isRejection(outcome)) throw new Error(`refused: ${outcome.rejected}`);
  return happened(state, { events: outcome.accepted, at, cause });
}

export const text = (
  providerId: string,
  occurredAt: string,
  body = 'hola',
): ConversationEventOf<'MessageReceived'> => ({
  type: 'MessageReceived',
  occurredAt,
  data: { messageId: `in-${providerId}`, providerId, content: { kind: 'text', body } },
});

export const arrival = (message: ConversationEventOf<'MessageReceived'>): Arrival => ({
  message,
  numberId: 'n1',
  contactId: 'c1',
  episode: 1,
  provider: 'meta',
  contactName: 'Carla',
  address: { scheme: 'wa_phone', value: '+573001112233' },
  reopeningWindowMs: 24 * 3_600_000,
  queueId: 'general',
});

export const opened: Step = {
  at: minute(0),
  events: [
    {
      type: 'ConversationOpened',
      data: {
        numberId: 'n1',
        contactId: 'c1',
        episode: 1,
        provider: 'meta',
        contactName: 'Carla',
        address: { scheme: 'wa_phone', value: '+573001112233' },
      },
    },
    text('w1', minute(0)),
  ],
};
export const queued: Step = {
  at: minute(0),
  events: [{ type: 'ConversationQueued', data: { queueId: 'general', reason: 'handover' } }],
};
export const assignedToAna: Step = {
  at: minute(1),
  events: [{ type: 'ConversationAssigned', data: { agentId: 'ana', queueId: 'general', reason: 'routed' } }],
};
export const closed: Step = {
  at: minute(10),
  events: [{ type: 'ConversationClosed', data: { reason: 'resolved', agentId: 'ana' } }],
};

export const codeOf = (outcome: Outcome<ConversationEvent>): Rejection['rejected'] | 'accepted' =>
  isRejection(outcome) ? outcome.rejected : 'accepted';
export const typesOf = (outcome: Outcome<ConversationEvent>): string[] =>
  isRejection(outcome) ? [] : outcome.accepted.map((event) => event.type);

import type { Actor } from '../commit/commit.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import { addMs } from '../time.ts';
import { captionLimit, textLimit, type OutboundContent } from './content.ts';
import { deliveryOf } from './delivery-of.ts';
import { isHigher } from './delivery.ts';
import type { CloseReason, ConversationEvent, ConversationEventOf, DeliveryReport } from './events.ts';
import type { ConversationState } from './state.ts';
import { windowUntil } from './window.ts';

/** Decisions on a conversation. Each is pure: state and command in, events or a refusal with its code out. */
type Decision = Outcome<ConversationEvent>;
type Received = ConversationEventOf<'MessageReceived'>;

export interface Arrival {
  message: Received;
  numberId: string;
  contactId: string;
  episode: number;
  provider: 'meta' | 'wppconnect';
  contactName: string | null;
  address: { scheme: string; value: string };
  reopeningWindowMs: number;
  /** Where a reopened conversation waits when it has never had a queue. */
  queueId: string;
}

/**
 * A message of the customer. Opens the conversation, joins it, or reopens it within the window.
 * `episode_ended`: it was closed too long before this message, so the caller opens the next episode.
 */
export function decideArrival(state: ConversationState, arrival: Arrival): Decision {
  const { message } = arrival;
  if (state.byProviderId[message.data.providerId]) return accept();
  if (state.phase === 'none') {
    const { numberId, contactId, episode, provider, contactName, address } = arrival;
    return accept<ConversationEvent>(
      { type: 'ConversationOpened', data: { numberId, contactId, episode, provider, contactName, address } },
      message,
    );
  }
  if (state.phase !== 'closed' || !state.closed) return accept(message);
  const at = message.occurredAt ?? state.closed.at;
  if (at > addMs(state.closed.at, arrival.reopeningWindowMs)) return reject('episode_ended');
  // What is not the customer speaking (an echo, a system note) does not wake a closed conversation.
  if (message.data.echo || message.data.content.kind === 'system') return accept(message);
  return accept<ConversationEvent>(
    { type: 'ConversationReopened', data: { reason: 'customer_message' } },
    message,
    { type: 'ConversationQueued', data: { queueId: state.queueId ?? arrival.queueId, reason: 'reopened' } },
  );
}

/** A reaction, edit or revocation; kept also when its message is not known yet. A repeat appends nothing. */
export function decideMark(
  state: ConversationState,
  event: ConversationEventOf<'ReactionReceived' | 'MessageEdited' | 'MessageRevoked'>,
): Decision {
  if (state.phase === 'none') return reject('conversation_unknown');
  const { targetProviderId, providerId } = event.data;
  if (event.type === 'MessageRevoked') return state.revoked[targetProviderId] ? accept() : accept(event);
  const known = (event.type === 'ReactionReceived' ? state.reactions : state.edits)[targetProviderId];
  const stale = known && (known.providerId === providerId || known.at > (event.occurredAt ?? known.at));
  return stale ? accept() : accept(event);
}

/** A status of the provider. Appended only where it says something new. */
export function decideReport(
  state: ConversationState,
  event: ConversationEventOf<'DeliveryReported'>,
): Decision {
  if (state.phase === 'none') return reject('conversation_unknown');
  return addsNothing(state, event.data) ? accept() : accept(event);
}

function addsNothing(state: ConversationState, data: DeliveryReport): boolean {
  const keys = data.attemptId === null ? [data.providerId] : [data.providerId, data.attemptId];
  return keys.every((key) => {
    const known = state.reports[key];
    if (!known || isHigher(data.status, known.status)) return false;
    return (known.pricing !== undefined || !data.pricing) && (known.error !== undefined || !data.error);
  });
}

/** The bot says something, hands over to a queue, or both. */
export function decideBotStep(
  state: ConversationState,
  step: { say: { messageId: string; text: string } | null; handOverTo: string; botId: string },
): Decision {
  if (state.phase !== 'bot') return accept();
  const events: ConversationEvent[] = [];
  if (step.say && !state.messages[step.say.messageId]) {
    events.push({
      type: 'MessageQueued',
      data: {
        messageId: step.say.messageId,
        author: { kind: 'bot', id: step.botId },
        content: { kind: 'text', body: step.say.text },
      },
    });
  }
  events.push({ type: 'ConversationQueued', data: { queueId: step.handOverTo, reason: 'handover' } });
  return { accepted: events };
}

export function decideRouting(state: ConversationState, agentId: string): Decision {
  if (state.phase !== 'queued') return reject('not_queued');
  return accept({
    type: 'ConversationAssigned',
    data: { agentId, queueId: state.queueId, reason: 'routed' },
  });
}

/** Everything a person can ask of a conversation. `commandId` makes a repeat harmless. */
export type ConversationCommand = { commandId: string } & (
  | {
      type: 'SendMessage';
      messageId: string;
      content: OutboundContent;
      replyTo?: string;
      writtenAt?: string;
    }
  | { type: 'CloseConversation'; reason: CloseReason; result?: string }
  | { type: 'ReopenConversation' }
  | { type: 'ReturnConversation' }
  | { type: 'TransferConversation'; to: { agentId: string } | { queueId: string }; note?: string }
  | { type: 'TakeConversation' }
  | { type: 'MarkSeen'; upToMessageId: string }
  | { type: 'SettleUncertain'; messageId: string; decision: 'resend' | 'drop' }
);

export interface CommandContext {
  now: string;
  actor: Actor;
  /** May act on conversations that are not theirs (supervisors). Derived by `access/`. */
  mayTakeOver: boolean;
}

export function decideCommand(
  state: ConversationState,
  command: ConversationCommand,
  context: CommandContext,
): Decision {
  if (state.commands.includes(command.commandId)) return accept();
  if (state.phase === 'none') return reject('conversation_unknown');
  const { actor, mayTakeOver } = context;
  const assigned = state.phase === 'assigned' && state.agentId === actor.id;

  switch (command.type) {
    case 'SendMessage':
      return decideSend(state, command, { ...context, assigned });
    case 'CloseConversation':
      if (state.phase === 'closed') return reject('conversation_closed');
      if (!assigned && !mayTakeOver) return reject('not_assigned');
      return accept({
        type: 'ConversationClosed',
        data: { reason: command.reason, agentId: state.agentId, result: command.result },
      });
    case 'ReopenConversation':
      if (state.phase !== 'closed') return reject('conversation_open');
      if (state.agentId !== actor.id && !mayTakeOver) return reject('not_assigned');
      return accept<ConversationEvent>(
        { type: 'ConversationReopened', data: { reason: 'agent' } },
        {
          type: 'ConversationAssigned',
          data: { agentId: actor.id, queueId: state.queueId, reason: 'taken' },
        },
      );
    case 'ReturnConversation':
      if (state.phase === 'closed') return reject('conversation_closed');
      if (!assigned && !mayTakeOver) return reject('not_assigned');
      return decideReturn(state, assigned ? 'agent_request' : 'supervisor');
    case 'TransferConversation':
      return decideTransfer(state, command, assigned || mayTakeOver);
    case 'TakeConversation':
      if (state.phase === 'closed') return reject('conversation_closed');
      if (!mayTakeOver) return reject('forbidden');
      if (assigned) return reject('already_assigned');
      return assignTo(state, actor.id, 'taken');
    case 'MarkSeen':
      if (!assigned) return reject('not_assigned');
      return state.unread.includes(command.upToMessageId)
        ? accept({
            type: 'ConversationSeen',
            data: { agentId: actor.id, upToMessageId: command.upToMessageId },
          })
        : accept();
    case 'SettleUncertain': {
      if (!assigned && !mayTakeOver) return reject('not_assigned');
      const message = state.messages[command.messageId];
      if (message?.direction !== 'out') return reject('message_unknown');
      if (message.attempts.at(-1)?.outcome !== 'uncertain' || deliveryOf(state, message) !== 'claimed')
        return reject('not_uncertain');
      const { messageId, decision } = command;
      return accept({ type: 'UncertainSettled', data: { messageId, decision } });
    }
  }
}

function decideSend(
  state: ConversationState,
  command: Extract<ConversationCommand, { type: 'SendMessage' }>,
  { now, actor, assigned }: CommandContext & { assigned: boolean },
): Decision {
  const { messageId, content, replyTo, writtenAt } = command;
  if (state.messages[messageId]) return accept();
  const body = content.kind === 'text' ? content.body : (content.caption ?? '');
  if (content.kind === 'text' && body.trim() === '') return reject('empty_message');
  if (body.length > (content.kind === 'text' ? textLimit : captionLimit)) return reject('message_too_long');
  if (state.phase === 'closed') return reject('conversation_closed');
  if (!assigned) return reject('not_assigned');
  const until = windowUntil(state);
  if (state.provider === 'meta' && (until === null || until <= now)) return reject('window_closed');
  if (replyTo !== undefined && !state.messages[replyTo]) return reject('reply_target_unknown');
  return accept({
    type: 'MessageQueued',
    data: { messageId, author: { kind: 'agent', id: actor.id }, content, replyTo, writtenAt },
  });
}

/** Back to the end of waiting, keeping `waitingSince`. */
export function decideReturn(
  state: ConversationState,
  reason: ConversationEventOf<'ConversationReturned'>['data']['reason'],
): Decision {
  if (state.phase !== 'assigned' || state.agentId === null || state.queueId === null)
    return reject('not_assigned');
  return accept<ConversationEvent>(
    { type: 'ConversationReturned', data: { agentId: state.agentId, queueId: state.queueId, reason } },
    { type: 'ConversationQueued', data: { queueId: state.queueId, reason: 'returned' } },
  );
}

function decideTransfer(
  state: ConversationState,
  command: Extract<ConversationCommand, { type: 'TransferConversation' }>,
  allowed: boolean,
): Decision {
  if (state.phase === 'closed') return reject('conversation_closed');
  if (!allowed) return reject('not_assigned');
  const { to, note } = command;
  const transferred: ConversationEvent = {
    type: 'ConversationTransferred',
    data: { fromAgentId: state.agentId, to, note },
  };
  if ('queueId' in to)
    return accept<ConversationEvent>(transferred, {
      type: 'ConversationQueued',
      data: { queueId: to.queueId, reason: 'transferred' },
    });
  if (to.agentId === state.agentId) return reject('already_assigned');
  return accept<ConversationEvent>(transferred, {
    type: 'ConversationAssigned',
    data: { agentId: to.agentId, queueId: state.queueId, reason: 'transferred' },
  });
}

function assignTo(state: ConversationState, agentId: string, reason: 'taken' | 'assigned'): Decision {
  const assigned: ConversationEvent = {
    type: 'ConversationAssigned',
    data: { agentId, queueId: state.queueId, reason },
  };
  if (state.agentId === null || state.phase !== 'assigned') return accept(assigned);
  return accept<ConversationEvent>(
    { type: 'ConversationTransferred', data: { fromAgentId: state.agentId, to: { agentId } } },
    assigned,
  );
}

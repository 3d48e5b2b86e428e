import type { Commit } from '@recado/domain/commit/commit';
import { conversationIdOf, isConversationStream } from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { emptyShelf, find, put, remove, type Shelf } from '@recado/domain/routing/shelf';

/**
 * Which conversations have something to send: message id → its last attempt, or null. A projection, so that a
 * restart knows at once where work was left, attempts without an end included. The conversation's own state has
 * the last word; an entry here only says where to look.
 */
export interface PendingState {
  conversations: Shelf<Readonly<Record<string, string | null>>>;
}

export const initialPending: PendingState = { conversations: emptyShelf };

export function evolvePending(state: PendingState, commit: Commit): PendingState {
  if (!isConversationStream(commit.stream)) return state;
  const id = conversationIdOf(commit.stream);
  const before = find(state.conversations, id) ?? {};
  const after = (commit.events as ConversationEvent[]).reduce(evolve, before);
  if (after === before) return state;
  const isEmpty = Object.keys(after).length === 0;
  return { conversations: isEmpty ? remove(state.conversations, id) : put(state.conversations, id, after) };
}

type Messages = Readonly<Record<string, string | null>>;

function evolve(messages: Messages, event: ConversationEvent): Messages {
  switch (event.type) {
    case 'MessageQueued':
      return { ...messages, [event.data.messageId]: null };
    case 'SendClaimed':
      return { ...messages, [event.data.messageId]: event.data.attemptId };
    case 'SendAccepted':
    case 'SendFailed':
    case 'SendUncertain':
      return without(messages, event.data.messageId);
    case 'UncertainSettled':
      return event.data.decision === 'resend' ? { ...messages, [event.data.messageId]: null } : messages;
    case 'DeliveryReported': {
      // The provider speaks of an attempt: it has arrived, whatever we know of its answer.
      const reported = Object.entries(messages).find(
        ([, attemptId]) => attemptId !== null && attemptId === event.data.attemptId,
      );
      return reported ? without(messages, reported[0]) : messages;
    }
    default:
      return messages;
  }
}

function without(messages: Messages, messageId: string): Messages {
  if (!(messageId in messages)) return messages;
  const { [messageId]: _done, ...rest } = messages;
  return rest;
}

import type { CommitMeta } from '../commit/commit.ts';
import { conversationIdOf } from '../commit/stream-id.ts';
import * as delivery from './evolve-delivery.ts';
import * as messages from './evolve-messages.ts';
import type { ConversationEvent, ConversationEventOf } from './events.ts';
import type { ConversationState } from './state.ts';

/**
 * The fold of a conversation: one line per event.
 *
 *   this file              who has the conversation, from opening to close
 *   evolve-messages.ts     what was said, and what was said about it later
 *   evolve-delivery.ts     how far what we say has come
 *
 * Invariant: the provider's events (messages, statuses, reactions, edits, revocations) may come in any order, twice,
 * or days late, and the visible result is the same (`convergence.test.ts`). Our own events come in the order of
 * the stream.
 */
export function evolveConversation(
  before: ConversationState,
  event: ConversationEvent,
  commit: CommitMeta,
): ConversationState {
  const state: ConversationState = {
    ...before,
    version: commit.version,
    commands: rememberCommand(before, commit),
  };
  const at = event.occurredAt ?? commit.at;
  switch (event.type) {
    case 'ConversationOpened':
      return open(state, event, commit);
    case 'ConversationQueued':
      return queue(state, event, commit.at);
    case 'ConversationAssigned':
      return assign(state, event, commit.at);
    case 'ConversationReturned':
    case 'ConversationTransferred':
      return state; // Followed in the same commit by ConversationQueued or ConversationAssigned.
    case 'ConversationClosed':
      return close(state, event, commit.at);
    case 'ConversationReopened':
      return { ...state, phase: 'bot', closed: null, reopenings: state.reopenings + 1 };

    case 'MessageReceived':
      return messages.receive(state, event, { at, receivedAt: commit.at });
    case 'MessageQueued':
      return messages.queue(state, event, commit);
    case 'ConversationSeen':
      return messages.see(state, event);
    case 'MediaStored':
      return messages.storeMedia(state, event);
    case 'MediaLost':
      return messages.loseMedia(state, event);
    case 'ReactionReceived':
      return messages.react(state, event, at);
    case 'MessageEdited':
      return messages.edit(state, event, at);
    case 'MessageRevoked':
      return messages.revoke(state, event);

    case 'SendClaimed':
      return delivery.claim(state, event, commit.at);
    case 'SendAccepted':
      return delivery.accept(state, event);
    case 'SendDeferred':
      return delivery.defer(state, event);
    case 'SendFailed':
      return delivery.fail(state, event, commit);
    case 'SendUncertain':
      return delivery.makeUncertain(state, event);
    case 'UncertainSettled':
      return delivery.settle(state, event);
    case 'DeliveryReported':
      return delivery.report(state, event);
  }
}

function open(
  state: ConversationState,
  { data }: ConversationEventOf<'ConversationOpened'>,
  commit: CommitMeta,
): ConversationState {
  return {
    ...state,
    ...data,
    id: conversationIdOf(commit.stream),
    phase: 'bot',
    openedAt: commit.at,
  };
}

function queue(
  state: ConversationState,
  { data }: ConversationEventOf<'ConversationQueued'>,
  at: string,
): ConversationState {
  return {
    ...state,
    phase: 'queued',
    queueId: data.queueId,
    agentId: null,
    queuedAt: at,
    assignedAt: null,
  };
}

function assign(
  state: ConversationState,
  { data }: ConversationEventOf<'ConversationAssigned'>,
  at: string,
): ConversationState {
  return {
    ...state,
    phase: 'assigned',
    agentId: data.agentId,
    queueId: data.queueId ?? state.queueId,
    assignedAt: at,
  };
}

function close(
  state: ConversationState,
  { data: { reason, result } }: ConversationEventOf<'ConversationClosed'>,
  at: string,
): ConversationState {
  return { ...state, phase: 'closed', closed: { at, reason, result }, waitingSince: null };
}

const rememberedCommands = 200;

function rememberCommand(state: ConversationState, { cause }: CommitMeta): readonly string[] {
  if (!('commandId' in cause) || state.commands.at(-1) === cause.commandId) return state.commands;
  return [...state.commands, cause.commandId].slice(-rememberedCommands);
}

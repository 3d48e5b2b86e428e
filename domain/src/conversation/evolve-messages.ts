import type { CommitMeta } from '../commit/commit.ts';
import { earliest, latest } from '../time.ts';
import type { ConversationEventOf } from './events.ts';
import type { ConversationState, Dated, InboundMessage, Message, OutboundMessage } from './state.ts';

/**
 * What was said in a conversation, and what was said about it later.
 *
 * A mark (reaction, edit, revocation) names its message by the provider's id and is kept under it: the latest by the
 * provider's time, whatever the order of arrival, and before its message as well as after.
 */
export function receive(
  state: ConversationState,
  { data }: ConversationEventOf<'MessageReceived'>,
  { at, receivedAt }: { at: string; receivedAt: string },
): ConversationState {
  if (state.byProviderId[data.providerId]) return state;
  const { messageId, providerId, content, replyToProviderId, forwarded, echo } = data;
  const message: InboundMessage = {
    direction: 'in',
    messageId,
    providerId,
    content,
    at,
    receivedAt,
    replyToProviderId,
    forwarded,
    echo,
  };
  const fromCustomer = !echo && content.kind !== 'system';
  return {
    ...state,
    contactName: data.contactName ?? state.contactName,
    messages: { ...state.messages, [messageId]: message },
    byProviderId: { ...state.byProviderId, [providerId]: messageId },
    lastInboundAt: fromCustomer ? latest(state.lastInboundAt, at) : state.lastInboundAt,
    waitingSince: fromCustomer ? earliest(state.waitingSince, at) : state.waitingSince,
    unread: fromCustomer ? [...state.unread, messageId] : state.unread,
  };
}

/** Something of ours, to be sent. Only a person's word is an answer; the bot's greeting is none. */
export function queue(
  state: ConversationState,
  { data }: ConversationEventOf<'MessageQueued'>,
  { at, cause }: CommitMeta,
): ConversationState {
  const message: OutboundMessage = {
    direction: 'out',
    messageId: data.messageId,
    author: data.author,
    content: data.content,
    at,
    replyTo: data.replyTo,
    commandId: 'commandId' in cause ? cause.commandId : undefined,
    attempts: [],
  };
  const answered = data.author.kind === 'agent';
  return {
    ...state,
    messages: { ...state.messages, [data.messageId]: message },
    waitingSince: answered ? null : state.waitingSince,
    unread: answered ? [] : state.unread,
  };
}

export function see(
  state: ConversationState,
  { data }: ConversationEventOf<'ConversationSeen'>,
): ConversationState {
  const seen = state.unread.indexOf(data.upToMessageId);
  return seen < 0 ? state : { ...state, unread: state.unread.slice(seen + 1) };
}

export function storeMedia(
  state: ConversationState,
  { data: { messageId, ...media } }: ConversationEventOf<'MediaStored'>,
): ConversationState {
  return withMessage(state, messageId, (message) =>
    message.direction === 'in' ? { ...message, media } : message,
  );
}

/** A file that is stored stays stored. */
export function loseMedia(
  state: ConversationState,
  { data: { messageId, reason } }: ConversationEventOf<'MediaLost'>,
): ConversationState {
  return withMessage(state, messageId, (message) =>
    message.direction === 'in' && !message.media ? { ...message, media: { lost: reason } } : message,
  );
}

export function react(
  state: ConversationState,
  { data: { targetProviderId, providerId, emoji } }: ConversationEventOf<'ReactionReceived'>,
  at: string,
): ConversationState {
  const reaction = laterOf(state.reactions[targetProviderId], { at, providerId, emoji });
  return { ...state, reactions: { ...state.reactions, [targetProviderId]: reaction } };
}

export function edit(
  state: ConversationState,
  { data: { targetProviderId, providerId, content } }: ConversationEventOf<'MessageEdited'>,
  at: string,
): ConversationState {
  const edited = laterOf(state.edits[targetProviderId], { at, providerId, content });
  return { ...state, edits: { ...state.edits, [targetProviderId]: edited } };
}

export function revoke(
  state: ConversationState,
  { data }: ConversationEventOf<'MessageRevoked'>,
): ConversationState {
  return { ...state, revoked: { ...state.revoked, [data.targetProviderId]: true } };
}

export function withMessage(
  state: ConversationState,
  messageId: string,
  change: (message: Message) => Message,
): ConversationState {
  const message = state.messages[messageId];
  if (!message) return state;
  return { ...state, messages: { ...state.messages, [messageId]: change(message) } };
}

function laterOf<Mark extends Dated>(known: Mark | undefined, candidate: Mark): Mark {
  if (!known) return candidate;
  if (candidate.at !== known.at) return candidate.at > known.at ? candidate : known;
  return candidate.providerId > known.providerId ? candidate : known;
}

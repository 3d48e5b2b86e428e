import { previewOf, type MessageContent } from '../conversation/content.ts';
import { deliveryOf, lastAttempt } from '../conversation/delivery-of.ts';
import type { ConversationState, InboundMessage, Message, OutboundMessage } from '../conversation/state.ts';
import { windowUntil } from '../conversation/window.ts';
import { addMs } from '../time.ts';
import { convDocId, msgDocId, type ConvDoc, type MsgDoc, type ShownDelivery } from '../wire/documents.ts';

/** What a device shows of a conversation: the state's marks joined to their messages. Pure. */
export interface ViewContext {
  numberName: string;
  /** The service level's T of the conversation's queue, ms; null when the queue is unknown. */
  slaMs: number | null;
}

export function convDoc(state: ConversationState, context: ViewContext): ConvDoc {
  const messages = sortedMessages(state);
  const last = messages.at(-1);
  const answered = messages.some((message) => message.direction === 'out' && message.author.kind === 'agent');
  const slaStart = state.queuedAt ?? state.assignedAt;
  return {
    id: convDocId(state.id),
    conversationId: state.id,
    numberId: state.numberId,
    numberName: context.numberName,
    contactId: state.contactId,
    contactName: state.contactName,
    contactPhone: state.address?.scheme === 'wa_phone' ? state.address.value : null,
    queueId: state.queueId,
    phase: state.phase === 'none' ? 'bot' : state.phase,
    agentId: state.agentId,
    openedAt: state.openedAt,
    assignedAt: state.assignedAt,
    closedAt: state.closed?.at ?? null,
    closeReason: state.closed?.reason ?? null,
    lastMessageAt: last?.at ?? state.openedAt,
    lastMessage: last
      ? {
          messageId: last.messageId,
          direction: last.direction,
          kind: isRevoked(state, last) ? 'revoked' : kindShown(last.content),
          preview: isRevoked(state, last) ? null : previewOf(contentOf(state, last)),
          delivery: last.direction === 'out' ? shownDeliveryOf(state, last) : undefined,
        }
      : null,
    unread: state.unread.length,
    waitingSince: state.waitingSince,
    windowUntil: windowUntil(state),
    slaDueAt:
      !answered && state.phase !== 'closed' && slaStart !== null && context.slaMs !== null
        ? addMs(slaStart, context.slaMs)
        : null,
    version: state.version,
  };
}

export function msgDoc(state: ConversationState, message: Message): MsgDoc {
  const providerIds = providerIdsOf(message);
  return {
    id: msgDocId(state.id, message.messageId),
    conversationId: state.id,
    messageId: message.messageId,
    direction: message.direction === 'in' && message.echo ? 'out' : message.direction,
    author: authorOf(state, message),
    content: contentOf(state, message),
    sortKey: sortKeyOf(message),
    at: message.at,
    replyTo: replyTargetOf(state, message),
    reactions: providerIds.flatMap((providerId) => {
      const emoji = state.reactions[providerId]?.emoji;
      return emoji ? [{ emoji, by: 'customer' as const }] : [];
    }),
    edited: providerIds.some((providerId) => state.edits[providerId] !== undefined),
    revoked: isRevoked(state, message),
    delivery: message.direction === 'out' ? deliveryInfoOf(state, message) : null,
    media: mediaOf(message),
    commandId: message.direction === 'out' ? (message.commandId ?? null) : null,
    version: state.version,
  };
}

/** In the order in which people read them: the provider's time, then the id, whatever the order of arrival. */
export const sortedMessages = (state: ConversationState): Message[] =>
  Object.values(state.messages).toSorted((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : 1));

export const sortKeyOf = (message: Message): string => `${message.at}|${message.messageId}`;

export function shownDeliveryOf(state: ConversationState, message: OutboundMessage): ShownDelivery {
  const delivery = deliveryOf(state, message);
  if (delivery === 'claimed' && lastAttempt(message)?.outcome === 'uncertain') return 'uncertain';
  return delivery === 'queued' || delivery === 'claimed' ? 'pending' : delivery;
}

function deliveryInfoOf(state: ConversationState, message: OutboundMessage): NonNullable<MsgDoc['delivery']> {
  const shown = shownDeliveryOf(state, message);
  const last = lastAttempt(message);
  if (shown === 'failed') {
    const reported = [last?.attemptId, last?.providerId].flatMap((key) =>
      key === undefined ? [] : (state.reports[key]?.error ?? []),
    )[0];
    const code = last?.outcome === 'dropped' ? 'dropped' : last?.code;
    return { state: shown, code: reported?.code ?? code, detail: reported?.detail ?? last?.detail };
  }
  if (shown === 'pending' && last?.outcome === 'deferred')
    return { state: shown, code: last.code, retryAt: last.retryAt };
  return { state: shown };
}

const providerIdsOf = (message: Message): string[] =>
  message.direction === 'in'
    ? [message.providerId]
    : message.attempts.flatMap((attempt) => (attempt.providerId ? [attempt.providerId] : []));

/** What a message is called where it has no text of its own. */
const kindShown = (content: MessageContent): string => {
  if (content.kind !== 'media') return content.kind;
  return 'voice' in content && content.voice ? 'voice' : content.mediaType;
};

const isRevoked = (state: ConversationState, message: Message): boolean =>
  providerIdsOf(message).some((providerId) => state.revoked[providerId]);

function contentOf(state: ConversationState, message: Message): Message['content'] {
  const edit = message.direction === 'in' ? state.edits[message.providerId] : undefined;
  return edit?.content ?? message.content;
}

function authorOf(state: ConversationState, message: Message): MsgDoc['author'] {
  if (message.direction === 'out') return message.author;
  if (message.echo) return { kind: 'phone', id: state.numberId };
  return message.content.kind === 'system'
    ? { kind: 'system', id: 'whatsapp' }
    : { kind: 'customer', id: state.contactId };
}

function replyTargetOf(state: ConversationState, message: Message): string | null {
  if (message.direction === 'out') return message.replyTo ?? null;
  return message.replyToProviderId ? (state.byProviderId[message.replyToProviderId] ?? null) : null;
}

function mediaOf(message: Message): MsgDoc['media'] {
  if (message.content.kind !== 'media') return null;
  if (message.direction === 'in') {
    const { media, content } = message as InboundMessage & { content: { kind: 'media'; mime?: string } };
    if (!media) return { mediaHash: null, mime: content.mime ?? '', bytes: 0, lost: false };
    if ('lost' in media) return { mediaHash: null, mime: content.mime ?? '', bytes: 0, lost: true };
    return { ...media, lost: false };
  }
  if (!('mediaHash' in message.content)) return null;
  const { mediaHash, mime, bytes } = message.content;
  return { mediaHash, mime, bytes, lost: false };
}

import type { ConversationEvent } from '@recado/domain/conversation/events';
import type { ConversationState, InboundMessage } from '@recado/domain/conversation/state';
import { accept, type Outcome } from '@recado/domain/outcome';

/** The received message whose file we do not have yet, and have not given up. */
export function awaitedMedia(
  state: ConversationState,
  messageId: string,
): { message: InboundMessage; providerMediaId: string | null; sha256: string | undefined } | null {
  const message = state.messages[messageId];
  if (message?.direction !== 'in' || message.media || message.content.kind !== 'media') return null;
  const { content } = message;
  if (!('providerMediaId' in content)) return { message, providerMediaId: null, sha256: undefined };
  return { message, providerMediaId: content.providerMediaId ?? null, sha256: content.sha256 };
}

export function decideMediaStored(
  state: ConversationState,
  messageId: string,
  file: { mediaHash: string; mime: string; bytes: number },
): Outcome<ConversationEvent> {
  if (!awaitedMedia(state, messageId)) return accept();
  return accept({ type: 'MediaStored', data: { messageId, ...file } });
}

export function decideMediaLost(
  state: ConversationState,
  messageId: string,
  reason: string,
): Outcome<ConversationEvent> {
  if (!awaitedMedia(state, messageId)) return accept();
  return accept({ type: 'MediaLost', data: { messageId, reason } });
}

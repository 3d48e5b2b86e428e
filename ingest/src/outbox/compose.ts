import { lastAttempt } from '@recado/domain/conversation/delivery-of';
import type { ConversationState, OutboundMessage } from '@recado/domain/conversation/state';
import { sendReference } from './send-reference.ts';

/** The body of a send. `unsendable`: nothing that a retry could change. */
export type Composed = { body: object } | { unsendable: 'no_address' | 'unsupported_content' };

/** `mediaId`: the provider's id of the uploaded file, for messages with one. */
export function compose(
  state: ConversationState,
  message: OutboundMessage,
  { attemptId, mediaId }: { attemptId: string; mediaId?: string },
): Composed {
  const address = addressOf(state);
  if (!address) return { unsendable: 'no_address' };
  const content = contentOf(message, mediaId);
  if (!content) return { unsendable: 'unsupported_content' };
  const quoted = message.replyTo === undefined ? undefined : providerIdOf(state, message.replyTo);
  return {
    body: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      ...address,
      ...content,
      // A quote of something that never reached the provider is left out: the words matter more.
      ...(quoted === undefined ? {} : { context: { message_id: quoted } }),
      biz_opaque_callback_data: sendReference({ conversationId: state.id, attemptId }),
    },
  };
}

function addressOf({ address }: ConversationState): object | null {
  if (address?.scheme === 'wa_phone')
    return { to: address.value.startsWith('+') ? address.value : `+${address.value}` };
  return address?.scheme === 'wa_bsuid' ? { recipient: address.value } : null;
}

function contentOf({ content }: OutboundMessage, mediaId: string | undefined): object | null {
  if (content.kind === 'text') return { type: 'text', text: { body: content.body } };
  if (content.kind !== 'media' || mediaId === undefined) return null;
  const { mediaType, caption, filename } = content;
  const captioned = mediaType === 'image' || mediaType === 'video' || mediaType === 'document';
  const file = {
    id: mediaId,
    ...(captioned && caption ? { caption } : {}),
    ...(mediaType === 'document' && filename ? { filename } : {}),
  };
  return { type: mediaType, [mediaType]: file };
}

function providerIdOf(state: ConversationState, messageId: string): string | undefined {
  const message = state.messages[messageId];
  return message?.direction === 'in' ? message.providerId : lastAttempt(message)?.providerId;
}

import type { Clock } from '../clock.ts';
import { digitsOf, type BusinessNumber } from '../numbers.ts';
import { receivedLifeMs, type MediaStore } from '../graph/media-store.ts';
import { wamidOf } from '../wamid.ts';
import type { DurableWebhooks } from '../webhook/durable-webhooks.ts';
import { messageChange, seconds } from '../webhook/payloads.ts';
import { CustomerPatch, visibleId } from './customers.ts';
import { InboundMessage } from './inbound-message.ts';
import type { PhoneMessage } from './phone-message.ts';
import type { Phones } from './phones.ts';

type Written = {
  /** `messages[]` of the webhook, without who wrote it. */
  webhook: Record<string, unknown>;
  shown: Partial<PhoneMessage>;
};

/** What happens when a customer writes, taps, reacts, edits or takes back. */
export const createWriteMessage = (deps: {
  phones: Phones;
  webhooks: DurableWebhooks;
  media: MediaStore;
  clock: Clock;
  ids: () => string;
}) => {
  const { phones, clock } = deps;

  /** Shows the effect on the customer's own phone: a message, or a change to an earlier one. */
  const show = (message: PhoneMessage, input: InboundMessage) => {
    if (input.reaction) {
      phones.change({
        type: 'reaction',
        id: input.reaction.messageId,
        by: 'customer',
        emoji: input.reaction.emoji,
      });
    } else if (input.edit) {
      phones.change({ type: 'edited', id: input.edit.messageId, text: input.edit.text });
    } else if (input.revoke) {
      phones.change({ type: 'revoked', id: input.revoke.messageId });
    } else {
      phones.change({ type: 'message', message });
    }
  };

  /** Returns at once; the webhook follows on its own. Throws a ZodError when the input is not valid. */
  return (number: BusinessNumber, phone: string, given: InboundMessage): { id: string; at: string } => {
    const input = InboundMessage.parse(given);
    const customer = phones.ensure(phone, CustomerPatch.parse(input));
    const now = input.at === undefined ? clock.now() : Date.parse(input.at);
    const at = new Date(now).toISOString();
    const id = input.id ?? wamidOf(visibleId(customer), 'inbound', deps.ids());
    const { webhook, shown } = describe(input, deps.media, phones);
    const quoted = input.replyTo === undefined ? undefined : phones.message(input.replyTo);
    const context = {
      ...(input.forwarded && { forwarded: true }),
      ...(input.replyTo !== undefined && {
        from: quoted?.direction === 'out' ? visibleId(customer) : digitsOf(number.displayPhone),
        id: input.replyTo,
      }),
    };
    const said = {
      ...(Object.keys(context).length > 0 && { context }),
      id,
      timestamp: seconds(now),
      ...webhook,
    };
    const message: PhoneMessage = {
      id,
      phoneNumberId: number.phoneNumberId,
      customer: customer.phone,
      direction: 'out',
      at,
      kind: String(webhook.type),
      ticks: 1,
      quoted: input.replyTo,
      ...shown,
    };
    show(message, input);
    deps.webhooks.send({ number, change: messageChange(number, customer, said), messageId: id });
    return { id, at };
  };
};

const describe = (input: InboundMessage, media: MediaStore, phones: Phones): Written => {
  if (input.text !== undefined) {
    return { webhook: { type: 'text', text: { body: input.text } }, shown: { text: input.text } };
  }
  if (input.media) {
    const { kind, mimeType, data, caption, filename, voice } = input.media;
    const stored = media.put({
      mimeType,
      filename,
      bytes: Buffer.from(data, 'base64'),
      lifeMs: receivedLifeMs,
    });
    const part = {
      ...(caption !== undefined && { caption }),
      ...(filename !== undefined && { filename }),
      mime_type: mimeType,
      sha256: Buffer.from(stored.sha256, 'hex').toString('base64'),
      id: stored.id,
      ...(kind === 'audio' && { voice: voice ?? false }),
      ...(kind === 'sticker' && { animated: false }),
    };
    return {
      webhook: { type: kind, [kind]: part },
      shown: { text: caption, media: { id: stored.id, mimeType, filename, voice } },
    };
  }
  if (input.button) {
    return {
      webhook: { type: 'interactive', interactive: { type: 'button_reply', button_reply: input.button } },
      shown: { text: input.button.title },
    };
  }
  if (input.row) {
    return {
      webhook: { type: 'interactive', interactive: { type: 'list_reply', list_reply: input.row } },
      shown: { text: input.row.title },
    };
  }
  if (input.quickReply) {
    return { webhook: { type: 'button', button: input.quickReply }, shown: { text: input.quickReply.text } };
  }
  if (input.location) {
    return { webhook: { type: 'location', location: input.location }, shown: { location: input.location } };
  }
  if (input.contacts) return { webhook: { type: 'contacts', contacts: input.contacts }, shown: {} };
  if (input.reaction) {
    const { messageId, emoji } = input.reaction;
    return { webhook: { type: 'reaction', reaction: { message_id: messageId, emoji } }, shown: {} };
  }
  if (input.edit) {
    const original = phones.message(input.edit.messageId);
    const edited = { context: { id: 'M0' }, type: 'text', text: { body: input.edit.text } };
    return {
      webhook: {
        type: 'edit',
        edit: { original_message_id: original?.id ?? input.edit.messageId, message: edited },
      },
      shown: {},
    };
  }
  if (input.revoke) {
    return {
      webhook: { type: 'revoke', revoke: { original_message_id: input.revoke.messageId } },
      shown: {},
    };
  }
  return { webhook: { ...input.raw }, shown: {} };
};

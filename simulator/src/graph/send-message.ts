import type { Clock } from '../clock.ts';
import type { FaultSettings } from '../faults.ts';
import { digitsOf, type BusinessNumber } from '../numbers.ts';
import { visibleId, type Customer } from '../phone/customers.ts';
import type { PhoneMessage } from '../phone/phone-message.ts';
import type { Phones } from '../phone/phones.ts';
import { wamidOf } from '../wamid.ts';
import { metaError, type MetaError } from './errors.ts';
import type { MediaStore } from './media-store.ts';
import type { RateLimits } from './rate-limits.ts';
import { parseSend, type OutgoingMessage, type ReadReceipt } from './outgoing-message.ts';
import type { StatusReports } from './status-reports.ts';
import type { Templates } from './templates.ts';

export type SendAnswer =
  | { refused: MetaError }
  | { body: object }
  /** The message went out, but the caller must never hear of it. */
  | { lost: true };

/** The customer service window: free-form messages only this long after the customer's last message. */
const windowMs = 24 * 3_600_000;
const typingMs = 25_000;

/** What `POST /<phone number id>/messages` does, once the caller is known to own the number. */
export const createSendMessage = (deps: {
  phones: Phones;
  statuses: StatusReports;
  media: MediaStore;
  templates: Templates;
  faults: FaultSettings;
  rates: RateLimits;
  clock: Clock;
  ids: () => string;
}) => {
  const { phones, statuses, faults, clock } = deps;

  const markSeen = (receipt: ReadReceipt): SendAnswer => {
    const message = phones.message(receipt.message_id);
    if (message?.direction !== 'out') return { refused: metaError(131009, 'Message ID is invalid.') };
    // Reading one message reads all before it.
    for (const earlier of phones.messages(message.phoneNumberId, message.customer)) {
      if (earlier.direction === 'out' && !earlier.seen) phones.change({ type: 'seen', id: earlier.id });
      if (earlier.id === message.id) break;
    }
    if (receipt.typing_indicator)
      phones.showTyping(message.phoneNumberId, message.customer, clock.now() + typingMs);
    return { body: { success: true } };
  };

  const recipientOf = (message: OutgoingMessage): Customer | { refused: MetaError } => {
    const known = phones.find(message.recipient ?? digitsOf(message.to ?? ''));
    if (known) return known;
    if (message.to === undefined)
      return { refused: metaError(131026, 'The recipient is not known to this business.') };
    return phones.ensure(message.to);
  };

  const windowIsOpen = (number: BusinessNumber, customer: Customer): boolean => {
    const last = phones.lastWrittenAt(number.phoneNumberId, customer.phone);
    return last !== undefined && clock.now() - last < windowMs;
  };

  /** Why a well-formed message cannot reach this customer now. */
  const undeliverable = (
    number: BusinessNumber,
    customer: Customer,
    message: OutgoingMessage,
  ): MetaError | undefined => {
    if (customer.unreachable) return metaError(131026);
    if (digitsOf(number.displayPhone) === customer.phone) return metaError(131021);
    if (message.type !== 'template' && !windowIsOpen(number, customer)) return metaError(131047);
    return undefined;
  };

  const send = async (number: BusinessNumber, message: OutgoingMessage): Promise<SendAnswer> => {
    const customer = recipientOf(message);
    if ('refused' in customer) return customer;
    const shown = shownOnPhone(message, { number, media: deps.media, templates: deps.templates });
    if ('refused' in shown) return shown;
    const settings = faults.of(number.phoneNumberId);
    const tooFast = settings.enforceRates ? deps.rates.take(number.phoneNumberId, customer.phone) : undefined;
    if (tooFast !== undefined) return { refused: metaError(tooFast) };
    const obstacle = undeliverable(number, customer, message);
    if (obstacle && settings.refuseBy === 'response') return { refused: obstacle };

    const id = wamidOf(visibleId(customer), 'outbound', deps.ids());
    const failure = obstacle?.code ?? faults.takeFailure(number.phoneNumberId);
    const accepted: PhoneMessage = {
      id,
      phoneNumberId: number.phoneNumberId,
      customer: customer.phone,
      direction: 'in',
      at: new Date(clock.now()).toISOString(),
      kind: message.type,
      status: 'accepted',
      quoted: message.context?.message_id,
      opaque: message.biz_opaque_callback_data,
      ...shown.content,
    };
    if (failure !== undefined) {
      // A failed message is known to the business alone: the phone never shows it.
      statuses.fail(accepted, failure);
    } else {
      if (message.type === 'reaction') {
        phones.change({
          type: 'reaction',
          id: message.reaction.message_id,
          by: 'business',
          emoji: message.reaction.emoji,
        });
      } else {
        phones.change({ type: 'message', message: accepted });
      }
      if (settings.statusBeforeResponse) await statuses.report(accepted, 'sent');
      statuses.follow(phones.message(id) ?? accepted, customer, {
        alreadySent: settings.statusBeforeResponse,
      });
    }
    if (faults.takeLostResponse(number.phoneNumberId)) return { lost: true };
    return {
      body: {
        messaging_product: 'whatsapp',
        contacts: [
          {
            input: message.recipient ?? message.to,
            ...(!customer.withoutPhone && { wa_id: customer.waId }),
            ...(message.recipient !== undefined && { user_id: customer.userId }),
          },
        ],
        messages: [{ id, message_status: 'accepted' }],
      },
    };
  };

  return async (number: BusinessNumber, body: unknown): Promise<SendAnswer> => {
    const forced = faults.takeError(number.phoneNumberId);
    if (forced) {
      const error = metaError(forced.code);
      return { refused: { ...error, httpStatus: forced.httpStatus ?? error.httpStatus } };
    }
    const parsed = parseSend(body);
    if ('refused' in parsed) return parsed;
    if ('receipt' in parsed) return markSeen(parsed.receipt);
    return send(number, parsed.message);
  };
};

type Shown = { content: Partial<PhoneMessage> } | { refused: MetaError };

/** The part of a message that a customer sees. */
const shownOnPhone = (
  message: OutgoingMessage,
  { number, media, templates }: { number: BusinessNumber; media: MediaStore; templates: Templates },
): Shown => {
  const withMedia = (part: {
    id?: string;
    link?: string;
    caption?: string;
    filename?: string;
    voice?: boolean;
  }): Shown => {
    const stored = part.id === undefined ? undefined : media.get(part.id);
    if (part.id !== undefined && !stored)
      return { refused: metaError(131009, `Media with id ${part.id} does not exist.`) };
    const { id, link, voice } = part;
    return {
      content: {
        text: part.caption,
        media: { id, link, voice, mimeType: stored?.mimeType, filename: part.filename ?? stored?.filename },
      },
    };
  };

  switch (message.type) {
    case 'text':
      return { content: { text: message.text.body } };
    case 'image':
      return withMedia(message.image);
    case 'video':
      return withMedia(message.video);
    case 'audio':
      return withMedia(message.audio);
    case 'document':
      return withMedia(message.document);
    case 'sticker':
      return withMedia(message.sticker);
    case 'location':
      return { content: { location: message.location } };
    case 'contacts':
      return { content: { text: message.contacts.map((contact) => contact.name.formatted_name).join('\n') } };
    case 'reaction':
      return { content: {} };
    case 'template': {
      const rendered = templates.render(number.wabaId, message.template);
      if ('refused' in rendered) return rendered;
      return { content: rendered };
    }
    case 'interactive': {
      const { interactive } = message;
      const around = {
        header: interactive.header?.text,
        text: interactive.body.text,
        footer: interactive.footer?.text,
      };
      if (interactive.type === 'list') return { content: { ...around, list: interactive.action } };
      return { content: { ...around, buttons: interactive.action.buttons.map((button) => button.reply) } };
    }
  }
};

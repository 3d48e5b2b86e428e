import { mediaTypes, type InboundContent } from '@recado/domain/conversation/content';
import { compact, flag, isRecord, list, number, record, text, type Json } from './json-value.ts';
import { mediaHash } from './media-hash.ts';

/** What a message of Meta says, in our words. What cannot be read in full becomes `unsupported` with its raw form. */
export function messageContent(message: Json, type: string): InboundContent {
  return readers[type]?.(message, record(message[type])) ?? unsupported(message, type);
}

type Reader = (message: Json, part: Json) => InboundContent | undefined;

const media =
  (mediaType: (typeof mediaTypes)[number]): Reader =>
  (_message, part) =>
    compact({
      kind: 'media' as const,
      mediaType,
      providerMediaId: text(part['id']),
      mime: text(part['mime_type']),
      sha256: mediaHash(part['sha256']),
      filename: text(part['filename']),
      caption: text(part['caption']),
      voice: flag(part['voice']),
      animated: flag(part['animated']),
    });

const readers: Record<string, Reader> = {
  text: (_message, part) =>
    typeof part['body'] === 'string' ? { kind: 'text', body: part['body'] } : undefined,
  image: media('image'),
  video: media('video'),
  audio: media('audio'),
  document: media('document'),
  sticker: media('sticker'),

  location(_message, part) {
    const latitude = number(part['latitude']);
    const longitude = number(part['longitude']);
    if (latitude === undefined || longitude === undefined) return undefined;
    return compact({
      kind: 'location' as const,
      latitude,
      longitude,
      name: text(part['name']),
      address: text(part['address']),
    });
  },

  contacts: (message) => ({
    kind: 'contacts',
    contacts: list(message['contacts']).map((card) => {
      const name = record(record(card)['name']);
      const phones = list(record(card)['phones']).map(
        (entry) => text(record(entry)['phone']) ?? text(record(entry)['wa_id']),
      );
      return {
        name: text(name['formatted_name']) ?? text(name['first_name']) ?? '',
        phones: phones.filter((phone) => phone !== undefined),
      };
    }),
  }),

  interactive: (_message, part) => interactiveReaders[text(part['type']) ?? '']?.(part),

  button(_message, part) {
    const title = text(part['text']);
    const id = text(part['payload']) ?? title;
    if (id === undefined) return undefined;
    return { kind: 'choice', source: 'template', id, title: title ?? id };
  },

  order(_message, part) {
    const items = list(part['product_items']).map((item) => {
      const { product_retailer_id, quantity, item_price, currency } = record(item);
      return compact({
        productId: text(product_retailer_id) ?? '',
        quantity: number(quantity) ?? NaN,
        price: number(item_price),
        currency: text(currency),
      });
    });
    // An order with an amount that cannot be read must not look like an order that can.
    if (items.length === 0 || items.some(({ quantity }) => Number.isNaN(quantity))) return undefined;
    return compact({
      kind: 'order' as const,
      catalogId: text(part['catalog_id']),
      text: text(part['text']),
      items,
    });
  },

  system: (_message, part) =>
    compact({ kind: 'system' as const, event: text(part['type']) ?? 'unknown', body: text(part['body']) }),

  request_welcome: () => ({ kind: 'system', event: 'request_welcome' }),
};

const choice =
  (source: 'button' | 'list', field: string) =>
  (interactive: Json): InboundContent | undefined => {
    const reply = record(interactive[field]);
    const id = text(reply['id']) ?? text(reply['title']);
    if (id === undefined) return undefined;
    return compact({
      kind: 'choice' as const,
      source,
      id,
      title: text(reply['title']) ?? id,
      description: text(reply['description']),
    });
  };

const interactiveReaders: Record<string, (interactive: Json) => InboundContent | undefined> = {
  button_reply: choice('button', 'button_reply'),
  list_reply: choice('list', 'list_reply'),

  nfm_reply(interactive) {
    const reply = record(interactive['nfm_reply']);
    const response = reply['response_json'];
    if (response === undefined || response === null) return undefined;
    // A string that is usually JSON; kept as it came, whoever reads the form decides.
    const form = typeof response === 'string' ? response : JSON.stringify(response);
    return compact({ kind: 'form' as const, name: text(reply['name']), response: form });
  },

  call_permission_reply(interactive) {
    const response = text(record(interactive['call_permission_reply'])['response']) ?? 'unknown';
    return { kind: 'call', event: `permission_${response}`, direction: 'in' };
  },
};

function unsupported(message: Json, type: string): InboundContent {
  const [error] = list(message['errors']).filter(isRecord);
  const details =
    text(record(error?.['error_data'])['details']) ?? text(error?.['details']) ?? text(error?.['title']);
  const named = text(record(message['unsupported'])['type']);
  return compact({ kind: 'unsupported' as const, type: named ?? type, detail: details, raw: message });
}

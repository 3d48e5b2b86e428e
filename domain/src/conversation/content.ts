import { z } from 'zod';

/** What a message says. One union for all channels; adapters translate, the core never sees a provider's shape. */

/** WhatsApp's limits, in characters as WhatsApp counts them (UTF-16 code units). */
export const textLimit = 4_096;
export const captionLimit = 1_024;

export const mediaTypes = ['image', 'video', 'audio', 'document', 'sticker'] as const;

const text = z.object({ kind: z.literal('text'), body: z.string() });

const inboundMedia = z.object({
  kind: z.literal('media'),
  mediaType: z.enum(mediaTypes),
  /** The provider's id of the file; lives a few days only. Absent in some payloads. */
  providerMediaId: z.string().optional(),
  mime: z.string().optional(),
  /** As the provider gave it, hex. */
  sha256: z.string().optional(),
  filename: z.string().optional(),
  caption: z.string().optional(),
  voice: z.boolean().optional(),
  animated: z.boolean().optional(),
});

export const outboundMedia = z.object({
  kind: z.literal('media'),
  mediaType: z.enum(mediaTypes),
  /** SHA-256, hex, of the bytes stored by `PUT /api/media/<sha256>`. */
  mediaHash: z.string().regex(/^[0-9a-f]{64}$/),
  mime: z.string().max(200),
  bytes: z.number().int().nonnegative(),
  filename: z.string().max(240).optional(),
  caption: z.string().optional(),
});

const location = z.object({
  kind: z.literal('location'),
  latitude: z.number(),
  longitude: z.number(),
  name: z.string().optional(),
  address: z.string().optional(),
});

const contacts = z.object({
  kind: z.literal('contacts'),
  contacts: z.array(z.object({ name: z.string(), phones: z.array(z.string()) })),
});

/** A tap on a button or a list row, or a number typed at a text menu: one idea for all of them. */
const choice = z.object({
  kind: z.literal('choice'),
  source: z.enum(['button', 'list', 'template', 'menu']),
  id: z.string(),
  title: z.string(),
  description: z.string().optional(),
});

/** An answered form. `response` is text as it came: usually JSON, not always. */
const form = z.object({ kind: z.literal('form'), name: z.string().optional(), response: z.string() });

const order = z.object({
  kind: z.literal('order'),
  catalogId: z.string().optional(),
  text: z.string().optional(),
  items: z.array(
    z.object({
      productId: z.string(),
      quantity: z.number(),
      price: z.number().optional(),
      currency: z.string().optional(),
    }),
  ),
});

/** Something the platform says about the customer: number changed, identity changed, chat opened from an ad. */
const system = z.object({ kind: z.literal('system'), event: z.string(), body: z.string().optional() });

const call = z.object({
  kind: z.literal('call'),
  event: z.string(),
  direction: z.enum(['in', 'out']).optional(),
});

/** A kind that we or the platform do not understand. `raw` is kept in full, nothing is dropped. */
const unsupported = z.object({
  kind: z.literal('unsupported'),
  type: z.string(),
  detail: z.string().optional(),
  raw: z.unknown().optional(),
});

export const inboundContentSchema = z.discriminatedUnion('kind', [
  text,
  inboundMedia,
  location,
  contacts,
  choice,
  form,
  order,
  system,
  call,
  unsupported,
]);
export type InboundContent = z.infer<typeof inboundContentSchema>;

export const outboundContentSchema = z.discriminatedUnion('kind', [text, outboundMedia]);
export type OutboundContent = z.infer<typeof outboundContentSchema>;
export type MessageContent = InboundContent | OutboundContent;

/** One line for lists and notifications. `null` when the interface must name the kind in the user's language. */
export function previewOf(content: MessageContent): string | null {
  switch (content.kind) {
    case 'text':
      return content.body;
    case 'media':
      return content.caption ?? content.filename ?? null;
    case 'location':
      return content.name ?? content.address ?? null;
    case 'contacts':
      return content.contacts[0]?.name ?? null;
    case 'choice':
      return content.title;
    case 'order':
      return content.text ?? null;
    case 'system':
      return content.body ?? null;
    default:
      return null;
  }
}

import { z } from 'zod';
import { CustomerPatch } from './customers.ts';

/** What a customer can be made to do, with exactly one of the content fields. */
const content = {
  text: z.string().min(1).max(65_536),
  media: z.object({
    kind: z.enum(['image', 'video', 'audio', 'document', 'sticker']),
    mimeType: z.string().min(3).max(200),
    /** The bytes, in base64. */
    data: z.base64(),
    caption: z.string().max(1024).optional(),
    filename: z.string().max(240).optional(),
    voice: z.boolean().optional(),
  }),
  /** Tap on a button or a row that the business sent. */
  button: z.object({ id: z.string().min(1), title: z.string() }),
  row: z.object({ id: z.string().min(1), title: z.string(), description: z.string().optional() }),
  /** Tap on a quick reply of a template. */
  quickReply: z.object({ payload: z.string(), text: z.string() }),
  location: z.object({
    latitude: z.number(),
    longitude: z.number(),
    name: z.string().optional(),
    address: z.string().optional(),
  }),
  contacts: z.array(z.looseObject({})).min(1),
  /** Empty emoji: the reaction is taken back. */
  reaction: z.object({ messageId: z.string().min(1), emoji: z.string().max(32) }),
  edit: z.object({ messageId: z.string().min(1), text: z.string().min(1) }),
  revoke: z.object({ messageId: z.string().min(1) }),
  /** A message exactly as given (`type` and its content), for kinds nobody thought of. */
  raw: z.looseObject({ type: z.string() }),
};

const contentFields = Object.keys(content) as (keyof typeof content)[];

export const InboundMessage = CustomerPatch.extend({
  ...(Object.fromEntries(contentFields.map((field) => [field, content[field].optional()])) as {
    [Field in keyof typeof content]: z.ZodOptional<(typeof content)[Field]>;
  }),
  phoneNumberId: z.string().optional(),
  /** The message that is quoted, or that the tapped button belongs to. */
  replyTo: z.string().min(1).optional(),
  forwarded: z.boolean().optional(),
  /** When the customer wrote it, if not now: webhooks may come a week late. */
  at: z.iso.datetime({ offset: true }).optional(),
  /** The message's own id, to send the same one twice. */
  id: z.string().min(1).optional(),
})
  .strict()
  .refine((message) => contentFields.filter((field) => message[field] !== undefined).length === 1, {
    error: `needs exactly one of ${contentFields.join(', ')}`,
  });

export type InboundMessage = z.input<typeof InboundMessage>;

import { z } from 'zod';
import { metaError, type MetaError } from './errors.ts';

/** The body of `POST /<phone number id>/messages`, with Meta's limits. */

const text = z.object({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() });

const mediaRef = { id: z.string().min(1).optional(), link: z.url().optional() };
const caption = z.string().max(1024).optional();
const hasSource = (media: { id?: string; link?: string }) =>
  (media.id === undefined) !== (media.link === undefined);
const oneSource = { error: 'must have either id or link' };

const image = z.object({ ...mediaRef, caption }).refine(hasSource, oneSource);
const audio = z.object({ ...mediaRef, voice: z.boolean().optional() }).refine(hasSource, oneSource);
const sticker = z.object(mediaRef).refine(hasSource, oneSource);
const document = z
  .object({ ...mediaRef, caption, filename: z.string().max(240).optional() })
  .refine(hasSource, oneSource);

const header = z.looseObject({
  type: z.enum(['text', 'image', 'video', 'document']),
  text: z.string().max(60).optional(),
});
const footer = z.object({ text: z.string().min(1).max(60) }).optional();

const buttons = z.object({
  type: z.literal('button'),
  header: header.optional(),
  body: z.object({ text: z.string().min(1).max(1024) }),
  footer,
  action: z.object({
    buttons: z
      .array(
        z.object({
          type: z.literal('reply'),
          reply: z.object({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }),
        }),
      )
      .min(1)
      .max(3)
      .refine((all) => new Set(all.map((button) => button.reply.id)).size === all.length, {
        error: 'must have unique ids',
      }),
  }),
});

const row = z.object({
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(24),
  description: z.string().max(72).optional(),
});

const list = z.object({
  type: z.literal('list'),
  header: header.optional(),
  body: z.object({ text: z.string().min(1).max(4096) }),
  footer,
  action: z.object({
    button: z.string().min(1).max(20),
    sections: z
      .array(z.object({ title: z.string().max(24).optional(), rows: z.array(row).min(1) }))
      .min(1)
      .max(10)
      .refine((sections) => sections.flatMap((section) => section.rows).length <= 10, {
        error: 'must have at most 10 rows in all',
      }),
  }),
});

const template = z.object({
  name: z.string().min(1).max(512),
  language: z.object({ code: z.string().min(2), policy: z.string().optional() }),
  components: z
    .array(
      z.looseObject({
        type: z.string(),
        parameters: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).optional(),
      }),
    )
    .optional(),
});

const reaction = z.object({ message_id: z.string().min(1), emoji: z.string().max(32) });
const location = z.object({
  latitude: z.coerce.number().min(-90).max(90),
  longitude: z.coerce.number().min(-180).max(180),
  name: z.string().optional(),
  address: z.string().optional(),
});
const contacts = z
  .array(z.looseObject({ name: z.looseObject({ formatted_name: z.string().min(1) }) }))
  .min(1)
  .max(257);

const shared = {
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').optional(),
  /** Phone number with country code; Meta takes it with and without `+`, spaces and dashes. */
  to: z
    .string()
    .regex(/^\+?[\d\s().-]{5,25}$/)
    .optional(),
  /** Business-scoped user id. */
  recipient: z
    .string()
    .regex(/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/)
    .optional(),
  context: z.object({ message_id: z.string().min(1) }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
};

export const OutgoingMessage = z.discriminatedUnion('type', [
  z.object({ ...shared, type: z.literal('text'), text }),
  z.object({ ...shared, type: z.literal('image'), image }),
  z.object({ ...shared, type: z.literal('video'), video: image }),
  z.object({ ...shared, type: z.literal('audio'), audio }),
  z.object({ ...shared, type: z.literal('document'), document }),
  z.object({ ...shared, type: z.literal('sticker'), sticker }),
  z.object({
    ...shared,
    type: z.literal('interactive'),
    interactive: z.discriminatedUnion('type', [buttons, list]),
  }),
  z.object({ ...shared, type: z.literal('template'), template }),
  z.object({ ...shared, type: z.literal('reaction'), reaction }),
  z.object({ ...shared, type: z.literal('location'), location }),
  z.object({ ...shared, type: z.literal('contacts'), contacts }),
]);
export type OutgoingMessage = z.output<typeof OutgoingMessage>;

/** `status: "read"` marks a customer's message as read, and may show that somebody is typing. */
export const ReadReceipt = z.object({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: z.string().min(1),
  typing_indicator: z.object({ type: z.literal('text') }).optional(),
});
export type ReadReceipt = z.output<typeof ReadReceipt>;

type Refused = { refused: MetaError };
export type ParsedSend = { message: OutgoingMessage } | { receipt: ReadReceipt } | Refused;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const parseSend = (body: unknown): ParsedSend => {
  if (!isRecord(body)) return { refused: metaError(100, 'The request body must be a JSON object.') };
  if (body.messaging_product === undefined) {
    return { refused: metaError(100, 'The parameter messaging_product is required.') };
  }
  if (body.status !== undefined) {
    const receipt = ReadReceipt.safeParse(body);
    return receipt.success ? { receipt: receipt.data } : { refused: explain(receipt.error, body) };
  }
  // Meta takes a message without a type for a text.
  const message = OutgoingMessage.safeParse({ type: 'text', ...body });
  if (!message.success) return { refused: explain(message.error, body) };
  if (message.data.to === undefined && message.data.recipient === undefined) {
    return { refused: metaError(100, 'The parameter to is required.') };
  }
  return { message: message.data };
};

const explain = (error: z.ZodError, body: unknown): MetaError => {
  const issue = error.issues[0];
  if (!issue) return metaError(100);
  const name = parameterName(issue.path);
  const missing = valueAt(body, issue.path) === undefined;
  if (missing) {
    return issue.path.length === 1
      ? metaError(100, `The parameter ${name} is required.`)
      : metaError(131008, `The parameter ${name} is required.`);
  }
  switch (issue.code) {
    case 'too_big':
      return metaError(
        100,
        `Param ${name} must be at most ${issue.maximum} ${issue.origin === 'string' ? 'characters long' : 'items'}.`,
      );
    case 'too_small':
      return metaError(100, `Param ${name} must not be empty.`);
    case 'invalid_union':
      return metaError(100, `Param ${name} must be one of the supported types.`);
    case 'invalid_type':
      return metaError(100, `Param ${name} must be a ${issue.expected}.`);
    default:
      return metaError(131009, `Param ${name} is not valid: ${issue.message}.`);
  }
};

/** `text['body']`, as Meta writes paths. */
const parameterName = (path: PropertyKey[]): string =>
  path
    .map((part, depth) =>
      depth === 0 ? String(part) : typeof part === 'number' ? `[${part}]` : `['${String(part)}']`,
    )
    .join('');

const valueAt = (body: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (isRecord(value) ? value[key as string] : undefined), body);

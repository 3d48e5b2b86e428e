import { z } from 'zod';
import { agentStatusSchema } from '../agent/agent.ts';
import { inboundContentSchema, outboundContentSchema } from '../conversation/content.ts';
import { isoInstant } from '../time.ts';
import { rejectionCodes } from '../outcome.ts';

/**
 * The documents that devices replicate: the wire between sync-server and PWA. These schemas are the single
 * source of the types, of validation at both ends, and of RxDB's JSON schemas. `documents.test.ts` pins their hash:
 * a change here needs a new schema version on the device.
 *
 * `id` is the primary key (CouchDB's `_id`), URL-safe, and begins with the collection's name. Strings that are
 * indexed carry a maxLength, which RxDB needs.
 */
const id = z.string().max(400);
const key = z.string().max(200);
const nullableInstant = isoInstant.nullable();

export const collections = ['conv', 'msg', 'ref', 'board', 'cmd'] as const;
export type Collection = (typeof collections)[number];

/** Where an outbound message stands, as the agent sees it. `uncertain`: no answer; it may have gone out or not. */
export const shownDelivery = [
  'pending',
  'uncertain',
  'accepted',
  'sent',
  'failed',
  'delivered',
  'read',
  'played',
] as const;
export type ShownDelivery = (typeof shownDelivery)[number];

const deliveryInfo = z.object({
  state: z.enum(shownDelivery),
  code: z.string().optional(),
  detail: z.string().optional(),
  /** When the next attempt is due, for a pending message that was refused for now. */
  retryAt: isoInstant.optional(),
});

export const convSchema = z.object({
  id,
  conversationId: key,
  numberId: z.string(),
  numberName: z.string(),
  contactId: z.string(),
  contactName: z.string().nullable(),
  /** E.164 with +, or null for a customer without a phone number. */
  contactPhone: z.string().nullable(),
  queueId: z.string().nullable(),
  phase: z.enum(['bot', 'queued', 'assigned', 'closed']),
  agentId: z.string().nullable(),
  openedAt: isoInstant,
  assignedAt: nullableInstant,
  closedAt: nullableInstant,
  closeReason: z.string().nullable(),
  /** Time of the last message in either direction: the list is sorted by it. */
  lastMessageAt: isoInstant.max(30),
  lastMessage: z
    .object({
      messageId: z.string(),
      direction: z.enum(['in', 'out']),
      /** `text`, `image`, `voice`, `location`…, `revoked`: what it is called where it has no text to show. */
      kind: z.string(),
      /** null when the kind has to be named in the user's language. */
      preview: z.string().nullable(),
      delivery: z.enum(shownDelivery).optional(),
    })
    .nullable(),
  unread: z.number().int().nonnegative(),
  /** Earliest message of the customer that nobody has answered. */
  waitingSince: nullableInstant,
  /** Free text may be sent until then; null: this provider has no window. */
  windowUntil: nullableInstant,
  /** The first answer is due by then; null once answered or when not waiting in an SLA. */
  slaDueAt: nullableInstant,
  /** Version of the stream that this document shows. Commands carry it as `seen`. */
  version: z.number().int().positive(),
});
export type ConvDoc = z.infer<typeof convSchema>;

export const msgSchema = z.object({
  id,
  conversationId: key,
  messageId: key,
  direction: z.enum(['in', 'out']),
  author: z.object({ kind: z.enum(['customer', 'agent', 'bot', 'system', 'phone']), id: z.string() }),
  content: z.union([inboundContentSchema, outboundContentSchema]),
  /** Sort key within the conversation: the instant, then the message id for equal instants. */
  sortKey: key,
  at: isoInstant,
  replyTo: z.string().nullable(),
  reactions: z.array(z.object({ emoji: z.string(), by: z.enum(['customer', 'company']) })),
  edited: z.boolean(),
  revoked: z.boolean(),
  delivery: deliveryInfo.nullable(),
  /** Hash under `/api/media/` of a received or sent file, once it is stored; `lost` when it could not be had. */
  media: z
    .object({ mediaHash: z.string().nullable(), mime: z.string(), bytes: z.number(), lost: z.boolean() })
    .nullable(),
  /** The command that asked for this message, so that the device's own pending bubble gives way to it. */
  commandId: z.string().nullable(),
  version: z.number().int().positive(),
});
export type MsgDoc = z.infer<typeof msgSchema>;

export const refSchema = z.object({
  id,
  kind: z.enum(['queue', 'colleague', 'number', 'routing', 'me']),
  key,
  name: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type RefDoc = z.infer<typeof refSchema>;

export const boardSchema = z.object({
  id,
  kind: z.enum(['summary', 'queue', 'agent']),
  key,
  name: z.string(),
  /** Server time of the state shown. */
  at: isoInstant,
  /** summary and queue */
  waiting: z.number().int(),
  oldestWaitingSince: nullableInstant,
  active: z.number().int(),
  receivedToday: z.number().int(),
  attendedToday: z.number().int(),
  abandonedToday: z.number().int(),
  /** Answered within T, and the number it is a share of, today. */
  slaMetToday: z.number().int(),
  slaOfToday: z.number().int(),
  /** agent */
  status: agentStatusSchema.nullable(),
  statusSince: nullableInstant,
  capacity: z.number().int(),
});
export type BoardDoc = z.infer<typeof boardSchema>;

/** What a person can ask from a device. `SetStatus` has no conversation; all others name one. */
export const commandPayloads = {
  SendMessage: z.object({
    messageId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
    content: outboundContentSchema,
    replyTo: z.string().max(200).optional(),
  }),
  CloseConversation: z.object({
    reason: z.enum(['resolved', 'customer_left', 'inactivity', 'window_expired', 'supervisor']),
    result: z.string().max(100).optional(),
  }),
  ReopenConversation: z.object({}),
  ReturnConversation: z.object({}),
  TransferConversation: z.object({
    to: z.union([z.object({ agentId: z.string().max(64) }), z.object({ queueId: z.string().max(64) })]),
    note: z.string().max(1_000).optional(),
  }),
  TakeConversation: z.object({}),
  MarkSeen: z.object({ upToMessageId: z.string().max(200) }),
  SettleUncertain: z.object({ messageId: z.string().max(200), decision: z.enum(['resend', 'drop']) }),
  SetStatus: z.object({ status: agentStatusSchema }),
} as const;
export type CommandType = keyof typeof commandPayloads;
export const commandTypes = Object.keys(commandPayloads) as CommandType[];
export type CommandPayload<Type extends CommandType> = z.infer<(typeof commandPayloads)[Type]>;

export const cmdSchema = z.object({
  /** `cmd.<deviceId>.<n, 8 digits>` */
  id,
  deviceId: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  n: z.number().int().positive(),
  /** `n` of this device's command before on the same conversation: that one is decided first. null: none. */
  after: z.number().int().positive().nullable(),
  type: z.enum(commandTypes as [CommandType, ...CommandType[]]),
  /** Stream it is about: `conversation.…` or `agent.<userId>`. */
  target: key,
  /** Checked against `commandPayloads[type]` by the server, so that a bad one is answered, not lost. */
  data: z.record(z.string(), z.unknown()),
  /** Device clock; may be hours off. For display only. */
  createdAt: z.string().max(30),
  /** Version of the conversation that the person was looking at; null when not about one. */
  seen: z.number().int().nullable(),
  status: z.enum(['pending', 'accepted', 'rejected', 'review']),
  code: z.enum(rejectionCodes).optional(),
  detail: z.string().optional(),
  decidedAt: isoInstant.optional(),
});
export type CmdDoc = z.infer<typeof cmdSchema>;
export type CmdStatus = CmdDoc['status'];

export const documentSchemas = {
  conv: convSchema,
  msg: msgSchema,
  ref: refSchema,
  board: boardSchema,
  cmd: cmdSchema,
} as const;
export type DocumentOf = { conv: ConvDoc; msg: MsgDoc; ref: RefDoc; board: BoardDoc; cmd: CmdDoc };

export const convDocId = (conversationId: string): string => `conv.${conversationId}`;
export const msgDocId = (conversationId: string, messageId: string): string =>
  `msg.${conversationId}.${messageId}`;
export const refDocId = (kind: RefDoc['kind'], refKey: string): string => `ref.${kind}.${refKey}`;
export const boardDocId = (kind: BoardDoc['kind'], boardKey: string): string => `board.${kind}.${boardKey}`;
export const cmdDocId = (deviceId: string, n: number): string =>
  `cmd.${deviceId}.${String(n).padStart(8, '0')}`;
export const collectionOf = (documentId: string): Collection | null =>
  collections.find((name) => documentId.startsWith(`${name}.`)) ?? null;

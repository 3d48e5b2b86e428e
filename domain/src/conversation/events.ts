import { z } from 'zod';
import { reportedStatuses } from './delivery.ts';
import { inboundContentSchema, outboundContentSchema } from './content.ts';
import { isoInstant } from '../time.ts';

/**
 * The facts of one conversation (one episode with one customer on one number). Past tense; never changed.
 * `occurredAt` on an event is the provider's timestamp; the commit's `at` is ours.
 */
const id = z.string().min(1).max(200);

const event = <Type extends string, Data extends z.ZodRawShape>(type: Type, data: Data) =>
  z.object({ type: z.literal(type), occurredAt: isoInstant.optional(), data: z.object(data) });

export const conversationEventSchemas = {
  ConversationOpened: event('ConversationOpened', {
    numberId: id,
    contactId: id,
    episode: z.number().int().positive(),
    provider: z.enum(['meta', 'wppconnect']),
    contactName: z.string().nullable(),
    /** Where to send: the provider's address of the customer (phone in E.164 or business-scoped id). */
    address: z.object({ scheme: z.string(), value: z.string() }),
  }),
  /** A message of the customer, or (`echo`) one that the company sent from its own phone. */
  MessageReceived: event('MessageReceived', {
    messageId: id,
    providerId: z.string(),
    content: inboundContentSchema,
    replyToProviderId: z.string().optional(),
    forwarded: z.boolean().optional(),
    echo: z.boolean().optional(),
    /** An ad or post that led to this message, as the provider described it. */
    referral: z.record(z.string(), z.unknown()).optional(),
    contactName: z.string().optional(),
  }),
  /** The file of a received message is in our media store. */
  MediaStored: event('MediaStored', {
    messageId: id,
    mediaHash: z.string(),
    mime: z.string(),
    bytes: z.number().int().nonnegative(),
  }),
  MediaLost: event('MediaLost', { messageId: id, reason: z.string() }),
  /** `emoji: null` takes the reaction away. */
  ReactionReceived: event('ReactionReceived', {
    providerId: z.string(),
    targetProviderId: z.string(),
    emoji: z.string().nullable(),
  }),
  MessageEdited: event('MessageEdited', {
    providerId: z.string(),
    targetProviderId: z.string(),
    content: inboundContentSchema,
  }),
  MessageRevoked: event('MessageRevoked', { providerId: z.string(), targetProviderId: z.string() }),

  ConversationQueued: event('ConversationQueued', {
    queueId: id,
    reason: z.enum(['handover', 'returned', 'reopened', 'transferred']),
  }),
  ConversationAssigned: event('ConversationAssigned', {
    agentId: id,
    queueId: z.string().nullable(),
    reason: z.enum(['routed', 'transferred', 'taken', 'assigned']),
  }),
  ConversationReturned: event('ConversationReturned', {
    agentId: id,
    queueId: id,
    reason: z.enum(['agent_offline', 'agent_request', 'supervisor']),
  }),
  ConversationTransferred: event('ConversationTransferred', {
    fromAgentId: z.string().nullable(),
    to: z.union([z.object({ agentId: id }), z.object({ queueId: id })]),
    note: z.string().optional(),
  }),
  ConversationClosed: event('ConversationClosed', {
    /** `agent`: closed by who attended; the others are the customer leaving, or the house closing. */
    reason: z.enum(['resolved', 'customer_left', 'inactivity', 'window_expired', 'supervisor']),
    agentId: z.string().nullable(),
    result: z.string().optional(),
  }),
  ConversationReopened: event('ConversationReopened', { reason: z.enum(['customer_message', 'agent']) }),
  /** The agent has seen everything up to here. */
  ConversationSeen: event('ConversationSeen', { agentId: id, upToMessageId: id }),

  MessageQueued: event('MessageQueued', {
    messageId: id,
    author: z.object({ kind: z.enum(['agent', 'bot', 'system']), id }),
    content: outboundContentSchema,
    replyTo: id.optional(),
    /** Device clock when the person wrote it, for display only. */
    writtenAt: isoInstant.optional(),
  }),
  /** Stored before the call to the provider: after a crash the attempt is known and not blindly repeated. */
  SendClaimed: event('SendClaimed', { messageId: id, attemptId: id }),
  SendAccepted: event('SendAccepted', { messageId: id, attemptId: id, providerId: z.string() }),
  /** Refused for now; a new attempt follows at `retryAt`. */
  SendDeferred: event('SendDeferred', {
    messageId: id,
    attemptId: id,
    code: z.string(),
    detail: z.string().optional(),
    retryAt: isoInstant,
  }),
  /** Refused for good. */
  SendFailed: event('SendFailed', {
    messageId: id,
    attemptId: id.nullable(),
    code: z.string(),
    detail: z.string().optional(),
  }),
  /** No answer: it may have been sent or not. A status that returns the attempt id settles it. */
  SendUncertain: event('SendUncertain', { messageId: id, attemptId: id, reason: z.string() }),
  /** The agent decided what to do with an uncertain message. `resend` is followed by a new attempt. */
  UncertainSettled: event('UncertainSettled', { messageId: id, decision: z.enum(['resend', 'drop']) }),

  /** A status of the provider, for a message known or not yet known: the fold keeps it until it matches. */
  DeliveryReported: event('DeliveryReported', {
    providerId: z.string(),
    attemptId: id.nullable(),
    status: z.enum(reportedStatuses),
    error: z.object({ code: z.string(), detail: z.string().optional() }).optional(),
    pricing: z
      .object({
        billable: z.boolean(),
        model: z.string().optional(),
        category: z.string().optional(),
        type: z.string().optional(),
      })
      .optional(),
  }),
} as const;

export const conversationEventSchema = z.discriminatedUnion('type', [
  conversationEventSchemas.ConversationOpened,
  conversationEventSchemas.MessageReceived,
  conversationEventSchemas.MediaStored,
  conversationEventSchemas.MediaLost,
  conversationEventSchemas.ReactionReceived,
  conversationEventSchemas.MessageEdited,
  conversationEventSchemas.MessageRevoked,
  conversationEventSchemas.ConversationQueued,
  conversationEventSchemas.ConversationAssigned,
  conversationEventSchemas.ConversationReturned,
  conversationEventSchemas.ConversationTransferred,
  conversationEventSchemas.ConversationClosed,
  conversationEventSchemas.ConversationReopened,
  conversationEventSchemas.ConversationSeen,
  conversationEventSchemas.MessageQueued,
  conversationEventSchemas.SendClaimed,
  conversationEventSchemas.SendAccepted,
  conversationEventSchemas.SendDeferred,
  conversationEventSchemas.SendFailed,
  conversationEventSchemas.SendUncertain,
  conversationEventSchemas.UncertainSettled,
  conversationEventSchemas.DeliveryReported,
]);
export type ConversationEvent = z.infer<typeof conversationEventSchema>;
export type ConversationEventOf<Type extends ConversationEvent['type']> = Extract<
  ConversationEvent,
  { type: Type }
>;
export type DeliveryReport = ConversationEventOf<'DeliveryReported'>['data'];
export type CloseReason = ConversationEventOf<'ConversationClosed'>['data']['reason'];

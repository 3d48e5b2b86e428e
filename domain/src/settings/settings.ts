import { z } from 'zod';

/** What a tenant configures. Each is a stream `settings.<kind>.<id>` whose last event is the present setting. */
export const numberSchema = z.object({
  /** Our id of the number; segment of stream ids. For Meta numbers it is the phone number id. */
  numberId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  provider: z.enum(['meta', 'wppconnect']),
  name: z.string(),
  displayPhone: z.string(),
  state: z.enum(['active', 'paused']),
  /** The queue the bot hands over to. */
  queueId: z.string(),
  /** What the bot says first; null: hand over silently. */
  greeting: z.string().nullable(),
  meta: z
    .object({
      phoneNumberId: z.string(),
      wabaId: z.string(),
      verifyToken: z.string(),
      /** Sealed with the installation's secret; see the event store's `secret-box`. */
      sealedAppSecret: z.string(),
      sealedAccessToken: z.string(),
    })
    .optional(),
});
export type NumberSettings = z.infer<typeof numberSchema>;

export const queueSchema = z.object({
  queueId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  name: z.string(),
  /** The service level's T, ms: a first human reply within it counts as in time. */
  slaMs: z.number().int().positive(),
  agentIds: z.array(z.string()),
});
export type QueueSettings = z.infer<typeof queueSchema>;

export const routingSchema = z.object({
  /** Conversations one agent handles at once. */
  capacity: z.number().int().positive(),
  /** An agent offline for longer gives the conversations back to the queue, ms. */
  returnAfterOfflineMs: z.number().int().nonnegative(),
  /** A customer's message within this time after the close continues the conversation, ms. */
  reopeningWindowMs: z.number().int().nonnegative(),
  /** A closed conversation stays on the agent's device this long, ms. */
  mailboxRetentionMs: z.number().int().positive(),
  /** A device that has not synced for this long makes its agent silent, ms. */
  silentAfterMs: z.number().int().positive(),
  /** IANA zone in which "today" begins and ends on the board and by default in reports. */
  timeZone: z.string(),
});
export type RoutingSettings = z.infer<typeof routingSchema>;

export const defaultRouting: RoutingSettings = {
  capacity: 5,
  returnAfterOfflineMs: 15 * 60_000,
  reopeningWindowMs: 24 * 3_600_000,
  mailboxRetentionMs: 48 * 3_600_000,
  silentAfterMs: 20 * 60_000,
  timeZone: 'America/Bogota',
};

export const settingsEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('NumberConfigured'), occurredAt: z.string().optional(), data: numberSchema }),
  z.object({ type: z.literal('QueueConfigured'), occurredAt: z.string().optional(), data: queueSchema }),
  z.object({ type: z.literal('RoutingConfigured'), occurredAt: z.string().optional(), data: routingSchema }),
]);
export type SettingsEvent = z.infer<typeof settingsEventSchema>;

/** All settings of a tenant, folded from its settings streams. */
export interface TenantSettings {
  numbers: Record<string, NumberSettings>;
  queues: Record<string, QueueSettings>;
  routing: RoutingSettings;
}
export const initialSettings: TenantSettings = { numbers: {}, queues: {}, routing: defaultRouting };

export function evolveSettings(state: TenantSettings, event: SettingsEvent): TenantSettings {
  switch (event.type) {
    case 'NumberConfigured':
      return { ...state, numbers: { ...state.numbers, [event.data.numberId]: event.data } };
    case 'QueueConfigured':
      return { ...state, queues: { ...state.queues, [event.data.queueId]: event.data } };
    case 'RoutingConfigured':
      return { ...state, routing: event.data };
  }
}

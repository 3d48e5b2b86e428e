import { z } from 'zod';
import { permissions, roles, type Permission } from '../access/access.ts';
import { convSchema, msgSchema } from './documents.ts';
import { isoInstant } from '../time.ts';
import { drillDowns, reportGroupings } from './report-terms.ts';

/** The JSON of `/api`. Durations are whole milliseconds; instants ISO 8601 UTC. */

/** RFC 9457. `code` is stable and translated by the interface. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export const loginSchema = z.object({
  email: z.string().trim().toLowerCase().min(3).max(254),
  password: z.string().min(1).max(1_000),
});

export const sessionSchema = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  tenant: z.string(),
  tenantName: z.string(),
  roles: z.array(z.enum(roles)),
  permissions: z.array(z.enum(Object.keys(permissions) as [Permission, ...Permission[]])),
  /** Epoch of the person's mailbox; null for roles without one. A new epoch means a new local database. */
  mailboxEpoch: z.number().int().positive().nullable(),
  /** Server clock, so that a device can tell that its own is hours off. */
  now: isoInstant,
});
export type Session = z.infer<typeof sessionSchema>;

/** `GET /api/conversations/:id`: one conversation for those who may read it. */
export const conversationSchema = z.object({ conversation: convSchema });

/** `GET /api/conversations/:id/messages?before=<sortKey>&limit=`: newest first, across earlier episodes too. */
export const olderMessagesSchema = z.object({
  items: z.array(msgSchema),
  /** Pass as `before` for the next page; null at the beginning of the history. */
  nextCursor: z.string().nullable(),
});

const durations = z.object({
  count: z.number().int(),
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
});

export const reportRowSchema = z.object({
  received: z.number().int(),
  attended: z.number().int(),
  abandoned: z.number().int(),
  /** abandoned ÷ (attended + abandoned), null when nobody was either. */
  abandonmentRate: z.number().nullable(),
  frt: durations,
  nrt: durations,
  customerWait: durations,
  asa: durations,
  tmo: durations,
  resolutionFirst: durations,
  resolutionLast: durations,
  sla: z.object({ met: z.number().int(), of: z.number().int(), share: z.number().nullable() }),
  transfers: z.number().int(),
  returns: z.number().int(),
  reopenings: z.number().int(),
  closed: z.number().int(),
});
export type ReportRow = z.infer<typeof reportRowSchema>;

const reportFilters = {
  /** Dates of first customer messages, inclusive, in `timeZone`. */
  from: z.iso.date(),
  to: z.iso.date(),
  timeZone: z.string().max(60).default('America/Bogota'),
  queueId: z.string().max(64).optional(),
  agentId: z.string().max(64).optional(),
  numberId: z.string().max(64).optional(),
};

export const summaryQuerySchema = z.object({
  ...reportFilters,
  groupBy: z.enum(reportGroupings).default('day'),
});
export const summarySchema = z.object({
  /** Version of the definitions behind the numbers (docs/metrics.md). */
  definitions: z.string(),
  /** Which variant of the service level is shown. */
  slaVariant: z.string(),
  totals: reportRowSchema,
  /** `label` is the key where nothing better is known; the interface knows names of queues and people. */
  rows: z.array(reportRowSchema.extend({ key: z.string() })),
  /** Event time of the newest row loaded: how fresh the report is. */
  loadedUntil: isoInstant.nullable(),
});
export type Summary = z.infer<typeof summarySchema>;

export const conversationsQuerySchema = z.object({
  ...reportFilters,
  metric: z.enum(drillDowns).default('received'),
  /** Only one day of the period, in `timeZone`. */
  day: z.iso.date().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
export const reportConversationSchema = z.object({
  conversationId: z.string(),
  contactName: z.string().nullable(),
  numberId: z.string(),
  queueId: z.string().nullable(),
  /** The agent who gave the first answer; null when nobody did. */
  firstAgentId: z.string().nullable(),
  receivedAt: isoInstant,
  frtMs: z.number().nullable(),
  tmoMs: z.number().nullable(),
  customerWaitMs: z.number(),
  sla: z.enum(['met', 'missed', 'none']),
  abandoned: z.boolean(),
  transfers: z.number().int(),
  closedAt: isoInstant.nullable(),
  closeReason: z.string().nullable(),
});
export const reportConversationsSchema = z.object({
  items: z.array(reportConversationSchema),
  nextCursor: z.string().nullable(),
});
export type ReportConversation = z.infer<typeof reportConversationSchema>;

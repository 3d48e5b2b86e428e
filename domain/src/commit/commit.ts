import { z } from 'zod';
import { isoInstant } from '../time.ts';

/**
 * A commit is one document in the events database: the events of one decision, appended at one version of one
 * stream. It is never changed or deleted. `_id` = `<stream>:<version, 8 digits>`, so the store's 409 on an
 * existing id is the optimistic lock.
 */
export const actorKinds = [
  'customer',
  'bot',
  'agent',
  'supervisor',
  'quality',
  'auditor',
  'admin',
  'system',
  'provider',
] as const;
export const actorSchema = z.object({ kind: z.enum(actorKinds), id: z.string().min(1).max(200) });
export type Actor = z.infer<typeof actorSchema>;

/** Why a commit exists: the command, webhook update, timer or event that led to it. */
export const causeSchema = z.union([
  z.object({ commandId: z.string().min(1) }),
  z.object({ webhook: z.string().min(1) }),
  z.object({ timer: z.string().min(1) }),
  z.object({ event: z.string().min(1) }),
]);
export type Cause = z.infer<typeof causeSchema>;

/** The shape that every event has, whatever its stream. */
export interface EventEnvelope {
  type: string;
  /** When it happened outside (the provider's timestamp), ISO 8601 UTC; absent when the commit's `at` says it. */
  occurredAt?: string;
  data: Record<string, unknown>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const commitSchema = z.object({
  _id: z.string(),
  stream: z.string().min(1),
  version: z.number().int().positive(),
  at: isoInstant,
  actor: actorSchema,
  cause: causeSchema,
  events: z
    .array(
      z.object({
        type: z.string(),
        occurredAt: isoInstant.optional(),
        data: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  prev: hash,
  hash,
});

export interface Commit<Event extends EventEnvelope = EventEnvelope> {
  _id: string;
  stream: string;
  /** 1 for the first commit of a stream. */
  version: number;
  /** Server time of the decision, ISO 8601 UTC with milliseconds. */
  at: string;
  actor: Actor;
  cause: Cause;
  events: Event[];
  /** Hash of the commit before; 64 zeros for the first. */
  prev: string;
  /** SHA-256, hex, over the canonical JSON (RFC 8785) of all the fields above. */
  hash: string;
}

/** What `evolve` may know of the commit that an event came in. */
export type CommitMeta = Pick<Commit, 'stream' | 'version' | 'at' | 'actor' | 'cause'>;

import { agentEventSchema } from '@recado/domain/agent/agent';
import type { EventEnvelope } from '@recado/domain/commit/commit';
import { contactEventSchema } from '@recado/domain/contact/contact';
import { conversationEventSchema } from '@recado/domain/conversation/events';
import { settingsEventSchema } from '@recado/domain/settings/settings';
import type { QuarantineReason } from '@recado/analytics/tables';
import type { z } from 'zod';

/**
 * What an event must look like, by the kind of its stream (the id's first segment). Kinds that are not listed have
 * no facts: their events are loaded as they are.
 */
const schemas: Record<string, z.ZodType> = {
  conversation: conversationEventSchema,
  agent: agentEventSchema,
  contact: contactEventSchema,
  settings: settingsEventSchema,
};

/** The event as it was appended: fields that the schema does not know are kept. */
export type Checked = { event: EventEnvelope } | { reason: QuarantineReason; detail: string };

/** Years that both the store and the warehouse can hold. */
const isLoadableInstant = (iso: string): boolean =>
  !Number.isNaN(Date.parse(iso)) && iso >= '1900-01-02' && iso < '2299-01-01';

export function checkEvent(stream: string, event: EventEnvelope): Checked {
  const schema = schemas[stream.slice(0, stream.indexOf('.'))];
  if (event.occurredAt !== undefined && !isLoadableInstant(event.occurredAt)) {
    return { reason: 'invalid_event', detail: `occurredAt: ${event.occurredAt}` };
  }
  if (!schema) return { event };
  const parsed = schema.safeParse(event);
  if (parsed.success) return { event };
  const issue = parsed.error.issues[0];
  const unknownType = issue?.code === 'invalid_union' && issue.path.join('.') === 'type';
  // Only places and kinds of faults: messages of the schema may quote what was found.
  return unknownType
    ? { reason: 'unknown_event', detail: event.type }
    : { reason: 'invalid_event', detail: `${issue?.path.join('.') ?? ''}: ${issue?.code ?? ''}` };
}

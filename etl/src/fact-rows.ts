import type {
  AgentStatusFactRow,
  ConversationFactRow,
  HandlingFactRow,
  MessageFactRow,
} from '@recado/analytics/tables';
import type { AgentStatusFact } from '@recado/domain/metrics/agent-status-fact';
import type { ConversationFact } from '@recado/domain/metrics/conversation-fact';
import { measureConversation, measuredQueue } from '@recado/domain/metrics/conversation-measures';
import { definitionsVersion as definitions } from '@recado/domain/metrics/definitions';
import { handlingFacts } from '@recado/domain/metrics/handling-fact';
import type { MessageFact } from '@recado/domain/metrics/message-fact';
import { elapsedMs } from '@recado/domain/time';
import type { TargetAt } from './queue-targets.ts';

/** Rows that say the measures of facts; what a number means is decided in `domain/src/metrics`. */
export function conversationFactRow(
  tenant: string,
  fact: ConversationFact,
  targetAt: TargetAt,
): ConversationFactRow {
  const queueId = measuredQueue(fact);
  const slaMs =
    queueId === null || fact.serviceClockFrom === null ? null : targetAt(queueId, fact.serviceClockFrom);
  const measures = measureConversation(fact, { slaMs });
  const shares = handlingShares(fact, measures.tmoMs);
  return {
    tenant,
    conversation_id: fact.conversationId,
    version: fact.version,
    definitions,
    number_id: fact.numberId,
    contact_id: fact.contactId,
    contact_name: fact.contactName ?? null,
    episode: fact.episode,
    opened_at: fact.openedAt ?? '',
    received_at: fact.receivedAt,
    phase: fact.phase,
    queue_id: queueId,
    agent_id: fact.agentId,
    first_agent_id: fact.firstReply?.agentId ?? null,
    first_reply_at: fact.firstReply?.at ?? null,
    attended: measures.attended,
    left_after_ms: measures.abandoned ? measures.serviceWaitMs : null,
    sla: measures.sla,
    sla_target_ms: slaMs,
    service_wait_ms: measures.serviceWaitMs,
    frt_ms: measures.frtMs,
    customer_wait_ms: measures.customerWaitMs,
    queue_wait_ms: measures.queueWaitMs,
    tmo_ms: measures.tmoMs,
    resolution_first_ms: measures.resolutionFirstMs,
    resolution_last_ms: measures.resolutionLastMs,
    next_response_ms: measures.nextResponses.map(({ ms }) => ms),
    next_response_agents: measures.nextResponses.map(({ agentId }) => agentId),
    handling_ms: shares.map(([, ms]) => ms),
    handling_agents: shares.map(([agentId]) => agentId),
    customer_messages: fact.customerMessages,
    replies: fact.replies,
    transfers: fact.transfers,
    returns: fact.returns,
    reopenings: fact.reopenings,
    first_closed_at: fact.firstClosedAt,
    closed_at: fact.closed?.at ?? null,
    close_reason: fact.closed?.reason ?? null,
    close_result: fact.closed?.result ?? null,
  };
}

/** What each agent handled of the conversation, where it is in nobody's hands: the parts of its TMO. */
function handlingShares(fact: ConversationFact, tmoMs: number | null): [agentId: string, ms: number][] {
  if (tmoMs === null) return [];
  const shares = new Map<string, number>();
  for (const { agentId, durationMs } of handlingFacts(fact)) {
    shares.set(agentId, (shares.get(agentId) ?? 0) + (durationMs ?? 0));
  }
  return [...shares];
}

export const handlingFactRows = (tenant: string, fact: ConversationFact): HandlingFactRow[] =>
  handlingFacts(fact).map((segment) => ({
    tenant,
    conversation_id: fact.conversationId,
    segment: segment.index,
    version: fact.version,
    definitions,
    opened_at: fact.openedAt ?? '',
    agent_id: segment.agentId,
    queue_id: segment.queueId,
    assigned_at: segment.from,
    ended_at: segment.to,
    end_reason: segment.end,
    duration_ms: segment.durationMs,
  }));

export const messageFactRow = (tenant: string, of: ConversationFact, fact: MessageFact): MessageFactRow => ({
  tenant,
  conversation_id: of.conversationId,
  message_id: fact.messageId,
  version: fact.version,
  definitions,
  opened_at: of.openedAt ?? '',
  direction: fact.direction,
  author_kind: fact.author.kind,
  author_id: fact.author.id,
  kind: fact.kind,
  at: fact.at,
  delivery: fact.delivery,
  attempts: fact.attempts,
  accepted_at: fact.acceptedAt,
  sent_at: fact.sentAt,
  delivered_at: fact.deliveredAt,
  read_at: fact.readAt,
  failed_at: fact.failedAt,
  error_code: fact.errorCode,
  wait_ms: fact.answersFrom === null ? null : elapsedMs(fact.answersFrom, fact.at),
  billable: fact.pricing?.billable ?? null,
  pricing_model: fact.pricing?.model ?? null,
  pricing_category: fact.pricing?.category ?? null,
  pricing_type: fact.pricing?.type ?? null,
});

/** `version` is the commit that said it last: the one that ended the stretch, else the one that began it. */
export const agentStatusFactRow = (
  tenant: string,
  fact: AgentStatusFact,
  version: number,
): AgentStatusFactRow => ({
  tenant,
  agent_id: fact.agentId,
  began_version: fact.beganAt,
  version,
  definitions,
  status: fact.status,
  reason: fact.reason,
  began_at: fact.from,
  ended_at: fact.to,
  duration_ms: fact.to === null ? null : elapsedMs(fact.from, fact.to),
});

/** The rows of the warehouse's tables, as they are loaded: what `migrations/*.sql` declares. Instants are ISO 8601. */
export interface EventRow {
  tenant: string;
  stream: string;
  version: number;
  event_index: number;
  at: string;
  occurred_at: string | null;
  type: string;
  actor_kind: string;
  actor_id: string;
  cause_kind: string;
  cause_id: string;
  data: string;
}

export interface CommitRow {
  tenant: string;
  stream: string;
  version: number;
  at: string;
  events: number;
  prev: string;
  hash: string;
}

/** `refused_row`: it passed the schemas, and the engine cannot store it. */
export type QuarantineReason = 'unknown_event' | 'invalid_event' | 'refused_row';

export interface QuarantineRow {
  tenant: string;
  stream: string;
  version: number;
  event_index: number;
  at: string;
  type: string;
  reason: QuarantineReason;
  detail: string;
  data: string;
}

export interface CheckpointRow {
  tenant: string;
  name: string;
  position: string;
  loaded_until: string | null;
  saved_at: string;
  revision: number;
}

export interface ConversationFactRow {
  tenant: string;
  conversation_id: string;
  version: number;
  definitions: string;
  number_id: string;
  contact_id: string;
  contact_name: string | null;
  episode: number;
  opened_at: string;
  received_at: string | null;
  phase: string;
  queue_id: string | null;
  agent_id: string | null;
  first_agent_id: string | null;
  first_reply_at: string | null;
  attended: boolean;
  left_after_ms: number | null;
  sla: string;
  sla_target_ms: number | null;
  service_wait_ms: number | null;
  frt_ms: number | null;
  customer_wait_ms: number;
  queue_wait_ms: number | null;
  tmo_ms: number | null;
  resolution_first_ms: number | null;
  resolution_last_ms: number | null;
  next_response_ms: number[];
  next_response_agents: string[];
  handling_ms: number[];
  handling_agents: string[];
  customer_messages: number;
  replies: number;
  transfers: number;
  returns: number;
  reopenings: number;
  first_closed_at: string | null;
  closed_at: string | null;
  close_reason: string | null;
  close_result: string | null;
}

export interface HandlingFactRow {
  tenant: string;
  conversation_id: string;
  segment: number;
  version: number;
  definitions: string;
  opened_at: string;
  agent_id: string;
  queue_id: string | null;
  assigned_at: string;
  ended_at: string | null;
  end_reason: string | null;
  duration_ms: number | null;
}

export interface MessageFactRow {
  tenant: string;
  conversation_id: string;
  message_id: string;
  version: number;
  definitions: string;
  opened_at: string;
  direction: string;
  author_kind: string;
  author_id: string | null;
  kind: string;
  at: string;
  delivery: string | null;
  attempts: number;
  accepted_at: string | null;
  sent_at: string | null;
  delivered_at: string | null;
  read_at: string | null;
  failed_at: string | null;
  error_code: string | null;
  wait_ms: number | null;
  billable: boolean | null;
  pricing_model: string | null;
  pricing_category: string | null;
  pricing_type: string | null;
}

export interface AgentStatusFactRow {
  tenant: string;
  agent_id: string;
  began_version: number;
  version: number;
  definitions: string;
  status: string;
  reason: string;
  began_at: string;
  ended_at: string | null;
  duration_ms: number | null;
}

/** Table → its rows. What is loaded from the event store, and so can be loaded anew. */
export interface LoadedTables {
  events: EventRow;
  commits: CommitRow;
  conversation_facts: ConversationFactRow;
  handling_facts: HandlingFactRow;
  message_facts: MessageFactRow;
  agent_status_facts: AgentStatusFactRow;
  quarantine: QuarantineRow;
}
export type LoadedTable = keyof LoadedTables;

export const loadedTables: readonly LoadedTable[] = [
  'events',
  'commits',
  'conversation_facts',
  'handling_facts',
  'message_facts',
  'agent_status_facts',
  'quarantine',
];

-- One row per conversation (one episode of one customer on one number). Folded from its stream; `version` is the
-- stream's version, so that a newer fold replaces the row and a replay changes nothing.
-- The partition is the month of the first commit, which never changes: a row is always replaced where it lies.
CREATE TABLE IF NOT EXISTS {database}.conversation_facts
(
  tenant LowCardinality(String),
  conversation_id String,
  version UInt32,
  definitions LowCardinality(String) COMMENT 'Version of the definitions that made this row',
  number_id LowCardinality(String),
  contact_id String,
  contact_name Nullable(String),
  episode UInt32,
  opened_at DateTime64(3, 'UTC'),
  received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First message of the customer, provider time',
  phase LowCardinality(String),
  queue_id LowCardinality(Nullable(String)) COMMENT 'Queue of the first reply; else the last queue',
  agent_id LowCardinality(Nullable(String)) COMMENT 'Who has it or last had it',
  first_agent_id LowCardinality(Nullable(String)) COMMENT 'Who gave the first reply',
  first_reply_at Nullable(DateTime64(3, 'UTC')),
  attended Bool,
  left_after_ms Nullable(UInt64) COMMENT 'Unanswered, left this long after queue entry',
  sla LowCardinality(String) COMMENT 'met, missed or none',
  sla_target_ms Nullable(UInt64) COMMENT 'T of the queue when the clock started',
  service_wait_ms Nullable(UInt64),
  frt_ms Nullable(UInt64),
  customer_wait_ms UInt64,
  queue_wait_ms Nullable(UInt64),
  tmo_ms Nullable(UInt64),
  resolution_first_ms Nullable(UInt64),
  resolution_last_ms Nullable(UInt64),
  next_response_ms Array(UInt64),
  next_response_agents Array(String) COMMENT 'Who ended each of next_response_ms',
  handling_ms Array(UInt64) COMMENT 'Handling of each of handling_agents in all, where the conversation is not in hand',
  handling_agents Array(String),
  customer_messages UInt32,
  replies UInt32,
  transfers UInt16,
  returns UInt16,
  reopenings UInt16,
  first_closed_at Nullable(DateTime64(3, 'UTC')),
  closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'The close that stands',
  close_reason LowCardinality(Nullable(String)),
  close_result Nullable(String)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(opened_at)
ORDER BY (tenant, conversation_id);

-- One row per stretch in which one agent had a conversation.
CREATE TABLE IF NOT EXISTS {database}.handling_facts
(
  tenant LowCardinality(String),
  conversation_id String,
  segment UInt16,
  version UInt32,
  definitions LowCardinality(String),
  opened_at DateTime64(3, 'UTC') COMMENT 'Of the conversation',
  agent_id LowCardinality(String),
  queue_id LowCardinality(Nullable(String)),
  assigned_at DateTime64(3, 'UTC'),
  ended_at Nullable(DateTime64(3, 'UTC')),
  end_reason LowCardinality(Nullable(String)) COMMENT 'transferred, returned or closed',
  duration_ms Nullable(UInt64)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(opened_at)
ORDER BY (tenant, conversation_id, segment);

-- One row per message.
CREATE TABLE IF NOT EXISTS {database}.message_facts
(
  tenant LowCardinality(String),
  conversation_id String,
  message_id String,
  version UInt32,
  definitions LowCardinality(String),
  opened_at DateTime64(3, 'UTC') COMMENT 'Of the conversation',
  direction LowCardinality(String),
  author_kind LowCardinality(String) COMMENT 'customer, company_phone, platform, agent, bot or system',
  author_id LowCardinality(Nullable(String)),
  kind LowCardinality(String),
  at DateTime64(3, 'UTC') COMMENT 'Provider time of what came in, server time of what went out',
  delivery LowCardinality(Nullable(String)),
  attempts UInt16,
  accepted_at Nullable(DateTime64(3, 'UTC')),
  sent_at Nullable(DateTime64(3, 'UTC')),
  delivered_at Nullable(DateTime64(3, 'UTC')),
  read_at Nullable(DateTime64(3, 'UTC')),
  failed_at Nullable(DateTime64(3, 'UTC')),
  error_code LowCardinality(Nullable(String)),
  wait_ms Nullable(UInt64) COMMENT 'The customer''s wait that this reply ended',
  billable Nullable(Bool),
  pricing_model LowCardinality(Nullable(String)),
  pricing_category LowCardinality(Nullable(String)),
  pricing_type LowCardinality(Nullable(String))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(opened_at)
ORDER BY (tenant, conversation_id, message_id);

-- One row per stretch in which an agent was in one status.
CREATE TABLE IF NOT EXISTS {database}.agent_status_facts
(
  tenant LowCardinality(String),
  agent_id LowCardinality(String),
  began_version UInt32 COMMENT 'Version of the commit that began it',
  version UInt32,
  definitions LowCardinality(String),
  status LowCardinality(String),
  reason LowCardinality(String),
  began_at DateTime64(3, 'UTC'),
  ended_at Nullable(DateTime64(3, 'UTC')),
  duration_ms Nullable(UInt64)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, agent_id, began_version);

-- What analysts read: each thing once, in its newest state, with the numbers in seconds where people read them.
CREATE OR REPLACE VIEW {database}.conversations AS
SELECT
  *,
  toBool(left_after_ms IS NOT NULL) AS abandoned,
  frt_ms / 1000 AS frt_seconds,
  customer_wait_ms / 1000 AS customer_wait_seconds,
  queue_wait_ms / 1000 AS queue_wait_seconds,
  tmo_ms / 1000 AS tmo_seconds
FROM {database}.conversation_facts FINAL;

CREATE OR REPLACE VIEW {database}.handling AS
SELECT *, duration_ms / 1000 AS duration_seconds
FROM {database}.handling_facts FINAL;

CREATE OR REPLACE VIEW {database}.messages AS
SELECT *, wait_ms / 1000 AS wait_seconds
FROM {database}.message_facts FINAL;

CREATE OR REPLACE VIEW {database}.agent_statuses AS
SELECT *, duration_ms / 1000 AS duration_seconds
FROM {database}.agent_status_facts FINAL;

CREATE OR REPLACE VIEW {database}.event_log AS
SELECT *
FROM {database}.events FINAL;

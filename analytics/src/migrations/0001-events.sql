-- One row per event: the whole history, as it was appended. A replay replaces rows by themselves.
CREATE TABLE IF NOT EXISTS {database}.events
(
  tenant LowCardinality(String),
  stream String,
  version UInt32 COMMENT 'Version of the commit in its stream, from 1',
  event_index UInt16 COMMENT 'Place in the commit, from 0',
  at DateTime64(3, 'UTC') COMMENT 'Server time of the decision',
  occurred_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Time given by the provider',
  type LowCardinality(String),
  actor_kind LowCardinality(String),
  actor_id String,
  cause_kind LowCardinality(String) COMMENT 'commandId, webhook, timer or event',
  cause_id String,
  data String COMMENT 'JSON of the event''s data' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, stream, version, event_index);

-- One row per commit, with the hashes that prove that nothing was altered.
CREATE TABLE IF NOT EXISTS {database}.commits
(
  tenant LowCardinality(String),
  stream String,
  version UInt32,
  at DateTime64(3, 'UTC'),
  events UInt16 COMMENT 'How many events it holds',
  prev FixedString(64) COMMENT 'Hash of the commit before; zeros for the first',
  hash FixedString(64)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, stream, version);

-- What could not be understood: kept with the reason, and nothing waits for it.
CREATE TABLE IF NOT EXISTS {database}.quarantine
(
  tenant LowCardinality(String),
  stream String,
  version UInt32,
  event_index UInt16,
  at DateTime64(3, 'UTC'),
  type String,
  reason LowCardinality(String) COMMENT 'unknown_event, invalid_event or refused_row',
  detail String,
  data String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, stream, version, event_index);

-- Where each tenant's load stands. Kept beside the data, so that an emptied warehouse is loaded anew.
CREATE TABLE IF NOT EXISTS {database}.checkpoints
(
  tenant LowCardinality(String),
  name LowCardinality(String),
  position String,
  loaded_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Commit time of the newest commit loaded',
  saved_at DateTime64(3, 'UTC'),
  revision UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, name);

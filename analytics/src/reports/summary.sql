-- The figures of all conversations whose first customer message lies in the period: in total and by one grouping.
--
-- Parameters: tenant; fromDay, toDay (inclusive) and timeZone in which days begin and end; queueId, agentId (of the
-- first reply), numberId, or NULL for all; groupBy day, queue, agent (of the first reply) or number;
-- shortAbandonMs: who left sooner after entering the queue does not count as abandoned.
-- Gives one row for each key, and one with is_total = 1. Of durations: how many, their sum (ms), and p50 and p90 as
-- the element at place floor(p × n), counted from 0, of the sorted values (quantileExact).
-- Definitions: docs/metrics.md.
WITH left_after_ms IS NOT NULL AND left_after_ms >= {shortAbandonMs:UInt64} AS is_abandoned
SELECT
  key,
  grouping(key) AS is_total,

  count() AS received,
  countIf(attended) AS attended_count,
  countIf(is_abandoned) AS abandoned_count,

  -- First response: first reply − latest of queue entry, return from the bot, reopening.
  count(frt_ms) AS frt_count,
  sum(ifNull(frt_ms, 0)) AS frt_sum,
  quantilesExact(0.5, 0.9)(frt_ms) AS frt_quantiles,

  -- Next responses: each later wait of the customer that a reply ended.
  sum(length(next_response_ms)) AS nrt_count,
  sum(arraySum(next_response_ms)) AS nrt_sum,
  quantilesExactArray(0.5, 0.9)(next_response_ms) AS nrt_quantiles,

  -- Customer wait: all waits of a conversation together, of the attended.
  countIf(attended) AS customer_wait_count,
  sumIf(customer_wait_ms, attended) AS customer_wait_sum,
  quantilesExactIf(0.5, 0.9)(customer_wait_ms, attended) AS customer_wait_quantiles,

  -- ASA: time in queues before the first reply, of the answered.
  count(queue_wait_ms) AS asa_count,
  sum(ifNull(queue_wait_ms, 0)) AS asa_sum,
  quantilesExact(0.5, 0.9)(queue_wait_ms) AS asa_quantiles,

  -- TMO: sum of the handling segments, of conversations in nobody's hands now.
  count(tmo_ms) AS tmo_count,
  sum(ifNull(tmo_ms, 0)) AS tmo_sum,
  quantilesExact(0.5, 0.9)(tmo_ms) AS tmo_quantiles,

  -- Resolution: first customer message to the first close, and to the close that stands.
  count(resolution_first_ms) AS resolution_first_count,
  sum(ifNull(resolution_first_ms, 0)) AS resolution_first_sum,
  quantilesExact(0.5, 0.9)(resolution_first_ms) AS resolution_first_quantiles,
  count(resolution_last_ms) AS resolution_last_count,
  sum(ifNull(resolution_last_ms, 0)) AS resolution_last_sum,
  quantilesExact(0.5, 0.9)(resolution_last_ms) AS resolution_last_quantiles,

  -- Service level: answered within T ÷ (answered + abandoned after T).
  countIf(sla = 'met') AS sla_met,
  countIf(sla = 'missed' AND (attended OR is_abandoned)) AS sla_missed,

  sum(transfers) AS transfers_count,
  sum(returns) AS returns_count,
  sum(reopenings) AS reopenings_count,
  countIf(closed_at IS NOT NULL) AS closed_count
FROM
(
  SELECT
    *,
    multiIf(
      {groupBy:String} = 'day', toString(toDate(received_at, {timeZone:String})),
      {groupBy:String} = 'queue', ifNull(queue_id, ''),
      {groupBy:String} = 'agent', ifNull(first_agent_id, ''),
      number_id
    ) AS key
  FROM {db:Identifier}.conversation_facts FINAL
  WHERE tenant = {tenant:String}
    AND received_at IS NOT NULL
    AND toDate(received_at, {timeZone:String}) BETWEEN {fromDay:Date} AND {toDay:Date}
    AND ({queueId:Nullable(String)} IS NULL OR queue_id = {queueId:Nullable(String)})
    AND ({agentId:Nullable(String)} IS NULL OR first_agent_id = {agentId:Nullable(String)})
    AND ({numberId:Nullable(String)} IS NULL OR number_id = {numberId:Nullable(String)})
)
GROUP BY GROUPING SETS ((key), ())
ORDER BY is_total DESC, key

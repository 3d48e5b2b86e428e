-- What each agent did, whoever gave the first reply: the next responses they gave, and the time they handled.
-- Takes the place of the same figures of summary.sql where agents are compared or one agent is asked for.
--
-- Parameters as in summary.sql; agentId is who replied or handled. TMO is counted once for each conversation and agent.
SELECT
  key,
  grouping(key) AS is_total,
  countIf(figure = 'nrt') AS nrt_count,
  sumIf(ms, figure = 'nrt') AS nrt_sum,
  quantilesExactIf(0.5, 0.9)(ms, figure = 'nrt') AS nrt_quantiles,
  countIf(figure = 'tmo') AS tmo_count,
  sumIf(ms, figure = 'tmo') AS tmo_sum,
  quantilesExactIf(0.5, 0.9)(ms, figure = 'tmo') AS tmo_quantiles
FROM
(
  SELECT
    share.1 AS figure,
    share.2 AS agent,
    share.3 AS ms,
    multiIf(
      {groupBy:String} = 'day', toString(toDate(received_at, {timeZone:String})),
      {groupBy:String} = 'queue', ifNull(queue_id, ''),
      {groupBy:String} = 'agent', agent,
      number_id
    ) AS key
  FROM {db:Identifier}.conversation_facts FINAL
  ARRAY JOIN
    arrayConcat(
      arrayMap((ms, agent) -> ('nrt', agent, ms), next_response_ms, next_response_agents),
      arrayMap((ms, agent) -> ('tmo', agent, ms), handling_ms, handling_agents)
    ) AS share
  WHERE tenant = {tenant:String}
    AND received_at IS NOT NULL
    AND toDate(received_at, {timeZone:String}) BETWEEN {fromDay:Date} AND {toDay:Date}
    AND ({queueId:Nullable(String)} IS NULL OR queue_id = {queueId:Nullable(String)})
    AND ({agentId:Nullable(String)} IS NULL OR share.2 = {agentId:Nullable(String)})
    AND ({numberId:Nullable(String)} IS NULL OR number_id = {numberId:Nullable(String)})
)
GROUP BY GROUPING SETS ((key), ())
ORDER BY is_total DESC, key

-- The conversations behind a number of the summary, newest first.
--
-- Parameters: those of summary.sql without groupBy; metric: received, attended, abandoned, sla_met, sla_missed,
-- closed or transferred; day or NULL: only that day of the period; cursorAt and cursorId: the last row of the page
-- before, or NULL; rowLimit.
WITH left_after_ms IS NOT NULL AND left_after_ms >= {shortAbandonMs:UInt64} AS is_abandoned
SELECT
  conversation_id,
  contact_name,
  number_id,
  queue_id,
  first_agent_id,
  assumeNotNull(received_at) AS first_message_at,
  frt_ms,
  tmo_ms,
  customer_wait_ms,
  if(sla = 'missed' AND NOT (attended OR is_abandoned), 'none', sla) AS service_level,
  toBool(is_abandoned) AS abandoned,
  transfers,
  closed_at,
  close_reason
FROM {db:Identifier}.conversation_facts FINAL
WHERE tenant = {tenant:String}
  AND received_at IS NOT NULL
  AND toDate(received_at, {timeZone:String}) BETWEEN {fromDay:Date} AND {toDay:Date}
  AND ({day:Nullable(Date)} IS NULL OR toDate(received_at, {timeZone:String}) = {day:Nullable(Date)})
  AND ({queueId:Nullable(String)} IS NULL OR queue_id = {queueId:Nullable(String)})
  AND ({agentId:Nullable(String)} IS NULL OR first_agent_id = {agentId:Nullable(String)})
  AND ({numberId:Nullable(String)} IS NULL OR number_id = {numberId:Nullable(String)})
  AND multiIf(
    {metric:String} = 'received', true,
    {metric:String} = 'attended', attended,
    {metric:String} = 'abandoned', is_abandoned,
    {metric:String} = 'sla_met', sla = 'met',
    {metric:String} = 'sla_missed', sla = 'missed' AND (attended OR is_abandoned),
    {metric:String} = 'closed', closed_at IS NOT NULL,
    {metric:String} = 'transferred', transfers > 0,
    false
  )
  AND (
    {cursorAt:Nullable(DateTime64(3, 'UTC'))} IS NULL
    OR received_at < {cursorAt:Nullable(DateTime64(3, 'UTC'))}
    OR (received_at = {cursorAt:Nullable(DateTime64(3, 'UTC'))} AND conversation_id < {cursorId:String})
  )
ORDER BY first_message_at DESC, conversation_id DESC
LIMIT {rowLimit:UInt32}

-- What could not be understood, newest first, and how much there is of each reason in all. Parameters: tenant, rowLimit.
SELECT
  stream,
  version,
  event_index,
  at,
  type,
  reason,
  detail,
  data,
  count() OVER () AS in_all
FROM {db:Identifier}.quarantine FINAL
WHERE tenant = {tenant:String}
ORDER BY at DESC, stream, version DESC, event_index
LIMIT {rowLimit:UInt32}

-- How fresh the warehouse is: commit time of the newest commit loaded. Parameter: tenant.
SELECT max(loaded_until) AS loaded_until
FROM {db:Identifier}.checkpoints FINAL
WHERE tenant = {tenant:String}

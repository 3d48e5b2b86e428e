-- A read-only user for analysts, on a ClickHouse server. Run it once as an administrator:
--   clickhouse-client --queries-file analytics/read-only-user.sql --param_password='…'
-- It reads the views and tables of `recado` and nothing else, and cannot change settings or data.
CREATE SETTINGS PROFILE IF NOT EXISTS recado_analyst_profile
SETTINGS
  readonly = 1,
  max_execution_time = 60,
  max_memory_usage = 4000000000,
  max_rows_to_read = 1000000000,
  do_not_merge_across_partitions_select_final = 1;

CREATE ROLE IF NOT EXISTS recado_analyst;

GRANT SELECT ON recado.* TO recado_analyst;

CREATE USER IF NOT EXISTS recado_analyst_1 IDENTIFIED WITH sha256_password BY {password:String}
DEFAULT ROLE recado_analyst
SETTINGS PROFILE recado_analyst_profile;

GRANT recado_analyst TO recado_analyst_1;

-- Where an analyst may see one tenant only, one policy for each table and that tenant. With a policy on a table,
-- users whom no policy names see none of its rows: hence the second one, for the services' own user.
CREATE ROW POLICY IF NOT EXISTS recado_analyst_tenant ON recado.conversation_facts
FOR SELECT USING tenant = 'demo' TO recado_analyst_1;

CREATE ROW POLICY IF NOT EXISTS recado_everybody_else ON recado.conversation_facts
FOR SELECT USING 1 TO ALL EXCEPT recado_analyst_1;

SELECT pg_is_in_recovery() AS standby,
  current_setting('server_encoding') AS server_encoding,
  current_setting('client_encoding') AS client_encoding,
  current_setting('transaction_isolation') AS isolation,
  current_setting('fsync') AS fsync,
  current_user::text AS role,
  c.relpersistence::text AS persistence,
  obj_description(c.oid, 'pg_class') AS mark,
  has_table_privilege(c.oid, 'SELECT') AS reads,
  has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS writes,
  has_function_privilege(to_regprocedure('{commit}(jsonb,bigint)')::oid, 'EXECUTE') AS executes
FROM (SELECT 1) AS one LEFT JOIN pg_class AS c ON c.oid = to_regclass('{table}')

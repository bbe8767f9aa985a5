DO $migrate$
DECLARE
  mark text;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'this server is a standby' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('leastkey migrate {shown}', 0));
  IF to_regclass('{table}') IS NULL THEN
    CREATE TABLE {table} (
      key text COLLATE "C" NOT NULL PRIMARY KEY,
      value text COLLATE "C" NOT NULL,
      expires_at bigint
    );
    CREATE INDEX ON {table} (expires_at) WHERE expires_at IS NOT NULL;
  ELSE
    mark := obj_description(to_regclass('{table}'), 'pg_class');
    IF mark IS NULL OR mark !~ '^leastkey store [0-9]{1,9}$' THEN
      RAISE EXCEPTION '{shown} is the table of another program' USING ERRCODE = 'LK001';
    END IF;
    IF substr(mark, 16)::int > 1 THEN
      RAISE EXCEPTION '{shown} was made by a newer version' USING ERRCODE = 'LK002';
    END IF;
    IF mark = 'leastkey store 1' AND to_regprocedure('{commit}(jsonb,bigint)') IS NOT NULL THEN
      RETURN;
    END IF;
  END IF;
  CREATE OR REPLACE FUNCTION {commit}(writes jsonb, now_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE AS $commit$
DECLARE
  item jsonb;
  lock_id bigint;
  changes boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'transaction_isolation is not read committed' USING ERRCODE = 'LK003';
  END IF;
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  FOR lock_id, changes IN
    SELECT hashtextextended('leastkey ' || (w ->> 'key'), 0) AS id, bool_or(w ? 'value')
    FROM jsonb_array_elements(writes) AS w GROUP BY id ORDER BY id
  LOOP
    IF changes THEN
      PERFORM pg_advisory_xact_lock(lock_id);
    ELSE
      PERFORM pg_advisory_xact_lock_shared(lock_id);
    END IF;
  END LOOP;
  FOR item IN SELECT w FROM jsonb_array_elements(writes) AS w WHERE w ? 'expect' LOOP
    IF (SELECT value FROM {table} WHERE key = item ->> 'key') IS DISTINCT FROM item ->> 'expect' THEN
      RETURN false;
    END IF;
  END LOOP;
  FOR item IN SELECT w FROM jsonb_array_elements(writes) AS w WHERE w ? 'value' LOOP
    IF item ->> 'value' IS NULL THEN
      DELETE FROM {table} WHERE key = item ->> 'key';
    ELSE
      INSERT INTO {table} (key, value, expires_at)
      VALUES (item ->> 'key', item ->> 'value', (item ->> 'expiresAt')::bigint)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at;
    END IF;
  END LOOP;
  -- A key that another commit has locked is left for later.
  DELETE FROM {table} WHERE key IN (
    SELECT key FROM (
      SELECT key FROM {table} WHERE expires_at <= now_ms
      ORDER BY expires_at LIMIT 64 FOR UPDATE SKIP LOCKED
    ) AS expired
    WHERE pg_try_advisory_xact_lock(hashtextextended('leastkey ' || key, 0))
  );
  RETURN true;
END
$commit$;
  COMMENT ON TABLE {table} IS 'leastkey store 1';
END
$migrate$

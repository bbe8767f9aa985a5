/** The table and the function of a PostgreSQL store: how they are made, and what is checked. */

import { LeastkeyError } from '../api/errors.js';
import { invalidInput } from '../input/options.js';

/** Rises with a change of the table or the function. */
const SCHEMA_VERSION = 1;

/** Marks the table as Leastkey's, with its version. */
const MARK = 'leastkey store ';

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/** The names of a store's objects, quoted. */
export interface Names {
  table: string;
  commit: string;
  /** The table without quotes, for messages. */
  shown: string;
  /** The channel of its notifications. */
  channel: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,47}$/;

/** Reads the names that the host chose. Quotes are not needed in them, and not allowed. */
export function readNames(schema: unknown, table: unknown): Names {
  for (const [path, name] of [
    ['schema', schema],
    ['table', table],
  ] as const) {
    if (typeof name === 'string' && NAME.test(name)) continue;
    throw invalidInput(path, 'expected a name of 1 to 48 letters, digits and _, not beginning with a digit');
  }
  return {
    table: `"${schema}"."${table}"`,
    commit: `"${schema}"."${table}_commit"`,
    shown: `${schema}.${table}`,
    channel: `${table}_changed`,
  };
}

/**
 * One statement, so one transaction, over any pooler. A lock lets one process at a time do it, and
 * what exists is left alone.
 */
export function migration({ table, commit, shown }: Names): string {
  return `DO $migrate$
DECLARE
  mark text;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'this server is a standby' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('leastkey migrate ${shown}', 0));
  IF to_regclass('${table}') IS NULL THEN
    CREATE TABLE ${table} (
      key text COLLATE "C" NOT NULL PRIMARY KEY,
      value text COLLATE "C" NOT NULL,
      expires_at bigint
    );
    CREATE INDEX ON ${table} (expires_at) WHERE expires_at IS NOT NULL;
  ELSE
    mark := obj_description(to_regclass('${table}'), 'pg_class');
    IF mark IS NULL OR mark !~ '^${MARK}[0-9]{1,9}$' THEN
      RAISE EXCEPTION '${shown} is the table of another program' USING ERRCODE = 'LK001';
    END IF;
    IF substr(mark, ${MARK.length + 1})::int > ${SCHEMA_VERSION} THEN
      RAISE EXCEPTION '${shown} was made by a newer version' USING ERRCODE = 'LK002';
    END IF;
    IF mark = '${MARK}${SCHEMA_VERSION}' AND to_regprocedure('${commit}(jsonb,bigint)') IS NOT NULL THEN
      RETURN;
    END IF;
  END IF;
  ${commitFunction(table, commit)};
  COMMENT ON TABLE ${table} IS '${MARK}${SCHEMA_VERSION}';
END
$migrate$`;
}

/**
 * The commit, in one round trip. A lock per key, taken in one order, also covers keys that do not
 * exist, which no row lock could. Commits that only look at a key share its lock: they do not wait
 * for one another. Under another isolation level the comparison would read a
 * snapshot from before the locks.
 */
function commitFunction(table: string, commit: string): string {
  return `CREATE OR REPLACE FUNCTION ${commit}(writes jsonb, now_ms bigint) RETURNS boolean
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
    IF (SELECT value FROM ${table} WHERE key = item ->> 'key') IS DISTINCT FROM item ->> 'expect' THEN
      RETURN false;
    END IF;
  END LOOP;
  FOR item IN SELECT w FROM jsonb_array_elements(writes) AS w WHERE w ? 'value' LOOP
    IF item ->> 'value' IS NULL THEN
      DELETE FROM ${table} WHERE key = item ->> 'key';
    ELSE
      INSERT INTO ${table} (key, value, expires_at)
      VALUES (item ->> 'key', item ->> 'value', (item ->> 'expiresAt')::bigint)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at;
    END IF;
  END LOOP;
  -- A key that another commit has locked is left for later.
  DELETE FROM ${table} WHERE key IN (
    SELECT key FROM (
      SELECT key FROM ${table} WHERE expires_at <= now_ms
      ORDER BY expires_at LIMIT ${SWEEP} FOR UPDATE SKIP LOCKED
    ) AS expired
    WHERE pg_try_advisory_xact_lock(hashtextextended('leastkey ' || key, 0))
  );
  RETURN true;
END
$commit$`;
}

/** What a database tells of itself, in one row. */
export interface Facts {
  standby: boolean;
  server_encoding: string;
  client_encoding: string;
  isolation: string;
  fsync: string;
  role: string;
  /** `p`: its changes are logged. */
  persistence: string | null;
  mark: string | null;
  reads: boolean | null;
  writes: boolean | null;
  executes: boolean | null;
}

export function factsQuery({ table, commit }: Names): string {
  const may = (right: string) => `has_table_privilege(c.oid, '${right}')`;
  return `SELECT pg_is_in_recovery() AS standby,
  current_setting('server_encoding') AS server_encoding,
  current_setting('client_encoding') AS client_encoding,
  current_setting('transaction_isolation') AS isolation,
  current_setting('fsync') AS fsync,
  current_user::text AS role,
  c.relpersistence::text AS persistence,
  obj_description(c.oid, 'pg_class') AS mark,
  ${may('SELECT')} AS reads,
  ${may('INSERT')} AND ${may('UPDATE')} AND ${may('DELETE')} AS writes,
  has_function_privilege(to_regprocedure('${commit}(jsonb,bigint)')::oid, 'EXECUTE') AS executes
FROM (SELECT 1) AS one LEFT JOIN pg_class AS c ON c.oid = to_regclass('${table}')`;
}

/** Refuses a database that would break a promise of the storage contract. */
export function refuseFacts(facts: Facts, { shown, table }: Names, durable: boolean): void {
  const refuse = (message: string): never => {
    throw new LeastkeyError('store_unavailable', `PostgreSQL: ${message}`);
  };
  if (facts.standby) refuse(STANDBY);
  if (facts.server_encoding !== 'UTF8')
    refuse(
      `the database has the encoding ${facts.server_encoding}, which cannot keep every text; create one with ENCODING 'UTF8' TEMPLATE template0`,
    );
  if (facts.client_encoding !== 'UTF8')
    refuse(`client_encoding is ${facts.client_encoding}; leave it to the driver, or set it to UTF8`);
  if (facts.isolation !== 'read committed') refuse(isolationMessage(facts.role));
  if (facts.fsync !== 'on' && !durable)
    refuse(
      'fsync is off, so a power cut undoes acknowledged revocations; set fsync = on. If the service keeps its log elsewhere (Neon), give durable: true',
    );
  if (facts.persistence === null) refuse(`there is no table ${shown} yet; ${MIGRATE}`);
  const version = versionOf(facts.mark);
  if (version === undefined) refuse(`${shown} is the table of another program; give another schema or table`);
  else if (version > SCHEMA_VERSION) refuse(newerMessage(shown, version));
  else if (version < SCHEMA_VERSION || facts.executes === null)
    refuse(`${shown} was made by an older version of Leastkey; ${MIGRATE}`);
  if (facts.persistence !== 'p')
    refuse(`${shown} is not logged, so a crash empties it; ALTER TABLE ${table} SET LOGGED`);
  if (!facts.reads) refuse(`the role ${facts.role} may not read ${shown}; GRANT SELECT ON ${table}`);
}

/** Refuses a role that may read only. Verification needs no more than that. */
export function refuseReadOnly(facts: Facts, { shown, table, commit }: Names): void {
  if (facts.writes && facts.executes) return;
  throw new LeastkeyError(
    'store_unavailable',
    `PostgreSQL: the role ${facts.role} may not write ${shown}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, GRANT EXECUTE ON FUNCTION ${commit}; nothing was changed`,
  );
}

const MIGRATE = 'call migrate() of the store once, as a role that may create tables';

export const STANDBY =
  'this server is a standby, where a revocation may not have arrived yet; connect to the primary';

export function isolationMessage(role = 'the role'): string {
  return `default_transaction_isolation is not read committed, under which a commit compares with an old snapshot; ALTER ROLE ${role} SET default_transaction_isolation = 'read committed'`;
}

export function newerMessage(shown: string, version?: number): string {
  const schema = version === undefined ? '' : ` (schema ${version}; this one knows ${SCHEMA_VERSION})`;
  return `${shown} was made by a newer version of Leastkey${schema}: update leastkey`;
}

function versionOf(mark: string | null): number | undefined {
  const [, version] = new RegExp(`^${MARK}([0-9]{1,9})$`).exec(mark ?? '') ?? [];
  return version === undefined ? undefined : Number(version);
}

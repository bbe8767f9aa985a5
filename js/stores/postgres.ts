import { LeastkeyError } from '../api/errors.js';
import type { DatabaseStore, Entry, Range, WatchableStore, Write } from '../api/store.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { sweepClock } from '../runtime/clock.js';
import { checkKeys, checkRange, checkWrites, rangeBounds } from './checks.js';
import { changesFeed } from './keep-listening.js';
import { OpenCheck } from './open-check.js';
import { isRefusal, type PostgresClient, type RunSql, readClient, sqlState } from './postgres-client.js';
import { listenToPostgres } from './postgres-push.js';
import {
  type Facts,
  factsQuery,
  isolationMessage,
  migration,
  type Names,
  newerMessage,
  readNames,
  refuseFacts,
  refuseReadOnly,
  STANDBY,
} from './postgres-schema.js';

export type { PgLike, PostgresClient, PostgresJsLike } from './postgres-client.js';

export interface PostgresStoreOptions {
  /** The schema of the table. It must exist. Default `public`. */
  schema?: string;
  /** The table. Two deployments in one database need two. Default `leastkey_entries`. */
  table?: string;
  /** The service keeps acknowledged commits by a log of its own, although `fsync` is off (Neon). */
  durable?: boolean;
  /**
   * Notify those that `watch`, in each commit that verifiers have to notice. Such commits wait for
   * each other. Default `false`.
   */
  push?: boolean;
  /**
   * The clock by which expired keys are dropped, in milliseconds. Give it the clock of
   * `createTokens`.
   */
  now?: () => number;
}

/**
 * A store in a PostgreSQL database (11 or later), over a client that the host made: a `Pool` of
 * `pg`, or the `sql` function of `postgres`. TLS, time limits and the size of the pool are the
 * host's. Call `migrate()` once before the first use, as a role that may create a table.
 *
 * A commit is one call of a function in the database. It waits until the change is on the disk, and
 * on the synchronous standbys if there are any. Failing over to an asynchronous standby loses
 * acknowledged changes: name one in `synchronous_standby_names`.
 *
 * The first call checks the database, and refuses with `store_unavailable` a standby, another
 * encoding than UTF-8, another isolation level, a table of another program or of a newer version.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong client or option.
 *
 * @example
 * const store = postgresStore(new pg.Pool({ connectionString: process.env.DATABASE_URL }));
 * await store.migrate();
 * const tokens = await createTokens({ catalog, store, prefix: 'acme_live' });
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): PostgresStore {
  refuseUnknownOptions(options, ['schema', 'table', 'durable', 'push', 'now'], 'postgresStore');
  const { schema = 'public', table = 'leastkey_entries', durable = false, push = false, now } = options;
  for (const [path, flag] of Object.entries({ durable, push }))
    if (typeof flag !== 'boolean') throw invalidInput(path, 'expected true or false');
  const names = readNames(schema, table);
  return new CheckedPostgresStore(client, readClient(client), names, { durable, push }, sweepClock(now));
}

/** A store in PostgreSQL. It pushes if it was made with `push: true`. */
export interface PostgresStore extends DatabaseStore, Pick<WatchableStore, 'watch'> {}

class CheckedPostgresStore implements PostgresStore {
  readonly #client: PostgresClient;
  readonly #run: RunSql;
  readonly #push: boolean;
  readonly #names: Names;
  readonly #now: () => number;
  readonly #facts: OpenCheck<Facts>;
  readonly #statements: { get: string; list: string; commit: string; commitAndPush: string };

  constructor(
    client: PostgresClient,
    run: RunSql,
    names: Names,
    { durable, push }: { durable: boolean; push: boolean },
    now: () => number,
  ) {
    this.#client = client;
    this.#push = push;
    this.#run = run;
    this.#names = names;
    this.#now = now;
    this.#facts = new OpenCheck(async () => {
      const [facts] = await this.#outcome(run<Facts>(factsQuery(names), []));
      if (facts === undefined) throw new Error('PostgreSQL answered no row');
      refuseFacts(facts, names, durable);
      return facts;
    });
    this.#statements = {
      // Parameters are texts with a cast, because each driver writes other types in its own way.
      get: `SELECT e.value, pg_is_in_recovery() AS standby
        FROM jsonb_array_elements_text($1::text::jsonb) WITH ORDINALITY AS asked (key, at)
        LEFT JOIN ${names.table} AS e ON e.key = asked.key COLLATE "C" ORDER BY asked.at`,
      list: `SELECT e.key, e.value, one.standby
        FROM (SELECT pg_is_in_recovery() AS standby) AS one LEFT JOIN LATERAL (
          SELECT key, value FROM ${names.table}
          WHERE key >= $1::text AND key < $2::text ORDER BY key LIMIT $3::text::int
        ) AS e ON true ORDER BY e.key`,
      commit: `SELECT ${names.commit}($1::text::jsonb, $2::text::bigint) AS applied`,
      // In the same transaction, so that it is delivered when the commit is visible.
      commitAndPush: `SELECT applied, CASE WHEN applied THEN pg_notify('${names.channel}', '')::text END
        FROM (SELECT ${names.commit}($1::text::jsonb, $2::text::bigint) AS applied OFFSET 0) AS done`,
    };
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    checkKeys(keys);
    if (keys.length === 0) return [];
    await this.#facts.passed();
    const rows = await this.#read<{ value: string | null; standby: boolean }>(this.#statements.get, [
      JSON.stringify(keys),
    ]);
    return rows.map(({ value }) => value);
  }

  async list(range: Range): Promise<Entry[]> {
    checkRange(range);
    await this.#facts.passed();
    const bounds = [...rangeBounds(range), String(range.limit)];
    const rows = await this.#read<{ key: string | null; value: string; standby: boolean }>(
      this.#statements.list,
      bounds,
    );
    // A range without entries is one row without a key.
    return rows.flatMap(({ key, value }) => (key === null ? [] : [{ key, value }]));
  }

  async commit(writes: Write[]): Promise<boolean> {
    checkWrites(writes);
    refuseReadOnly(await this.#facts.passed(), this.#names);
    // Only what the function knows: `JSON.stringify` leaves out what is undefined.
    const { commit, commitAndPush } = this.#statements;
    const statement = this.#push && changesFeed(writes) ? commitAndPush : commit;
    const items = writes.map(({ key, expect, value, expiresAt }) => ({ key, expect, value, expiresAt }));
    const [row] = await this.#outcome(
      this.#run<{ applied: boolean }>(statement, [JSON.stringify(items), String(Math.floor(this.#now()))]),
    );
    return row?.applied as boolean;
  }

  async migrate(): Promise<void> {
    await this.#outcome(this.#run(migration(this.#names), []));
    this.#facts.forget();
  }

  async check(): Promise<string[]> {
    this.#facts.forget();
    refuseReadOnly(await this.#facts.passed(), this.#names);
    return [];
  }

  watch(listener: () => void): Promise<() => Promise<void>> {
    return listenToPostgres(this.#client, this.#names.channel, listener);
  }

  async #read<Row extends { standby: boolean }>(text: string, values: string[]): Promise<Row[]> {
    const rows = await this.#run<Row>(text, values);
    // A server can become a standby while the client is connected through a proxy.
    if (rows.some(({ standby }) => standby !== false)) throw unavailable(STANDBY);
    return rows;
  }

  /** Says of a statement that the server refused that nothing was changed. */
  async #outcome<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      const known = this.#reasonOf(sqlState(cause));
      // The words of the server may quote values; they are for the log of the host.
      throw unavailable(`${known ?? 'the database refused the statement'}; nothing was changed`, cause);
    }
  }

  #reasonOf(state: string | undefined): string | undefined {
    const { shown } = this.#names;
    switch (state) {
      case 'LK001':
        return `${shown} is the table of another program; give another schema or table`;
      case 'LK002':
        return newerMessage(shown);
      case 'LK003':
        return isolationMessage();
      case '25006':
        return STANDBY;
      case '3F000':
        return `there is no schema for ${shown}; create it first`;
      case '42501':
        return `the role may not do this with ${shown}, or may not create a table in its schema; GRANT it the rights`;
      case '53100':
        return 'the disk of the database is full';
      case '42P01':
      case '42883':
        return `${shown} or its function is gone; call migrate() of the store`;
      default:
        return undefined;
    }
  }
}

function unavailable(message: string, cause?: unknown): LeastkeyError {
  return new LeastkeyError('store_unavailable', `PostgreSQL: ${message}`, { cause });
}

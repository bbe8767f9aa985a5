/** Sends one statement through a `pg` or `postgres` client, and reads what its errors mean. */

import { LeastkeyError } from '../api/errors.js';
import { gotUrl } from './optional-driver.js';

/**
 * What is used of a `Pool` or `Client` of `pg`. Drivers of its shape fit too, such as Neon's
 * `Pool`.
 */
export interface PgLike {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** What is used of the `sql` function of the package `postgres`. */
export interface PostgresJsLike {
  unsafe(text: string, values: never[], options: { prepare: false }): PromiseLike<readonly unknown[]>;
  begin: unknown;
}

export type PostgresClient = PgLike | PostgresJsLike;

/** Runs one statement and returns its rows. */
export type RunSql = <Row>(text: string, values: (string | number)[]) => Promise<Row[]>;

/**
 * Reads the client that the host passed. Statements have no name and use nothing of a session, so
 * they work behind a pooler that gives each transaction another connection.
 *
 * @throws {LeastkeyError} `invalid_input` for anything else than a client.
 */
export function readClient(client: PostgresClient): RunSql {
  if (isPostgresJs(client)) {
    return async <Row>(text: string, values: (string | number)[]) =>
      Array.from(await client.unsafe(text, values as never[], { prepare: false })) as Row[];
  }
  if (typeof (client as Partial<PgLike> | null)?.query !== 'function' || typeof client === 'function') {
    throw invalidClient(`expected a Pool or Client of pg, or the sql function of postgres${gotUrl(client)}`);
  }
  return async <Row>(text: string, values: (string | number)[]) => {
    refuseOpenTransaction(client);
    return (await client.query(text, values)).rows as Row[];
  };
}

function isPostgresJs(client: PostgresClient): client is PostgresJsLike {
  if (typeof client !== 'function') return false;
  const { unsafe, begin, savepoint } = client as Partial<PostgresJsLike> & { savepoint?: unknown };
  if (typeof savepoint === 'function') throw invalidClient(IN_TRANSACTION);
  return typeof unsafe === 'function' && typeof begin === 'function';
}

const IN_TRANSACTION =
  'the client is in a transaction of its own, so an answered commit would not be durable, and reads could be old; give a pool, or a client for Leastkey alone';

/** A `Client` of pg knows whether it is in a transaction; a `Pool` has none. */
function refuseOpenTransaction(client: PgLike): void {
  const { getTransactionStatus } = client as { getTransactionStatus?: () => string | null };
  const status = typeof getTransactionStatus === 'function' ? getTransactionStatus.call(client) : null;
  if (status === 'T' || status === 'E')
    throw new LeastkeyError('store_unavailable', `${IN_TRANSACTION}; nothing was changed`);
}

function invalidClient(message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', `client: ${message}`, { path: 'client' });
}

/** What both drivers tell of an error of the server. */
interface ServerError {
  code?: unknown;
  severity?: unknown;
}

/**
 * Whether the server refused the statement, so that its transaction was rolled back. A connection
 * that ended is no such refusal, and neither is a server that shuts down: the commit may have been
 * applied.
 */
export function isRefusal(error: unknown): boolean {
  const { code, severity } = Object(error) as ServerError;
  return severity === 'ERROR' && typeof code === 'string' && !/^(08|57P)/.test(code);
}

/** The SQLSTATE of an error of the server. */
export function sqlState(error: unknown): string | undefined {
  const { code } = Object(error) as ServerError;
  return typeof code === 'string' ? code : undefined;
}

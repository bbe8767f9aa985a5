import type { Accounts } from './accounts.js';
import type { CallOptions } from './call.js';
import type { Deployment } from './catalog.js';
import type { Description } from './choices.js';
import type { Problem } from './codes.js';
import type { DriftQuery, DriftReport } from './drift.js';
import type { Minted, MintOptions } from './exchange.js';
import type { ImportKeysOptions, ImportReport, KeyRow } from './import-keys.js';
import type { Jobs } from './jobs.js';
import type { BulkOptions, BulkReport, PurgeQuery, RevokeAllOptions, RevokeAllQuery } from './sweep.js';
import type { Actor, ListQuery, RevokeOptions, TokenPage, TokenRecord } from './token.js';
import type { FlushOptions, FlushReport } from './usage.js';
import type { RouteRequirement } from './verification.js';

/**
 * The operations of {@link Tokens} whose types have no id of the catalog. They are apart so that an
 * editor shows them without the ids.
 */
export interface TokenOperations {
  /** Owners and technical users. */
  readonly accounts: Accounts;
  /**
   * The warnings of the catalog, each with its JSON path: routes that one request can match, so
   * that it needs both permissions. Reading them compiles the catalog if `check` is `first`.
   */
  readonly warnings: readonly Problem[];
  /** `revokeAll` as a job that any process can continue. */
  readonly jobs: Jobs;
  /** The record of a token. */
  get(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** The tokens of an owner, newest first, a page at a time. */
  list(query: ListQuery, actor: Actor, call?: CallOptions): Promise<TokenPage>;
  /** Disables a token until `enable`. */
  disable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Enables a disabled token. Throws `terminal` for a revoked one. */
  enable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /**
   * Revokes a token for good, and keeps its record. Verifications that start after this resolves
   * refuse it.
   */
  revoke(id: string, options: RevokeOptions, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /**
   * Revokes all tokens of an owner and of owners below it, of a subject, or with a tag: for
   * incidents. Concurrent calls are safe, and a repeated call finishes what an interruption left.
   *
   * @example
   * const { ids, already } = await tokens.revokeAll({ owner: 'org:acme', tag: 'ci' }, { reason:
   * 'runner leaked' }, actor);
   */
  revokeAll(query: RevokeAllQuery, options: RevokeAllOptions, actor: Actor): Promise<BulkReport>;
  /** Deletes the record of a token. Its id is never used again. */
  delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }>;
  /**
   * Deletes the records of tokens that expired or were revoked long ago.
   *
   * @param actor absent: the host itself, for scheduled jobs.
   * @example
   * const { ids } = await tokens.purge({ overFor: '365d' }, { dryRun: true });
   */
  purge(query?: PurgeQuery, options?: BulkOptions, actor?: Actor): Promise<BulkReport>;
  /**
   * Creates a credential without the store, for instance in a browser. Its owner keeps `token`;
   * pass `id`, `digest` and `scheme` to `create` on the server within ten minutes. The server never
   * sees the secret. With the id of a token, pass `digest` and `scheme` to `rotate`.
   *
   * @throws {LeastkeyError} `rng_failed`.
   * @example
   * const { token, ...minted } = tokens.mint();
   * await fetch('/tokens', { method: 'POST', body: JSON.stringify({ name: 'Laptop', ...minted })
   * });
   */
  mint(options?: MintOptions): Minted;
  /**
   * Imports hashed keys of another system. They keep working unchanged, beside Leastkey's own.
   *
   * @throws {LeastkeyError} if the store fails; its `report` has the progress. A refused row is an
   * outcome, not an error.
   * @example
   * import { fromBetterAuth } from 'leastkey/import';
   * const keys = await database.query('select * from apikey');
   * const { rows, leftOut, notes } = fromBetterAuth(keys, mapping);
   * const { imported, outcomes } = await tokens.importKeys(rows, actor);
   */
  importKeys(
    rows: Iterable<KeyRow> | AsyncIterable<KeyRow>,
    actor: Actor,
    options?: ImportKeysOptions,
  ): Promise<ImportReport>;
  /**
   * Says that tokens may have changed, as a push of the store does: the next verification reads the
   * change feed although the freshness window is not over, once in a tenth of it at most. It
   * shortens the time until a change is honoured, and is needed for nothing: docs/freshness.md.
   *
   * @example
   * const stop = await store.watch(() => tokens.invalidate());
   */
  invalidate(): void;
  /**
   * Writes which tokens were used since the last flush, and how often. Verification only records
   * that in the memory of this instance. It happens by itself every few seconds, unless `usage` of
   * the options says otherwise.
   *
   * @example
   * process.once('SIGTERM', () => tokens.flush().finally(() => process.exit()));
   */
  flush(call?: FlushOptions): Promise<FlushReport>;
  /**
   * The permissions that a pattern matches, sorted: its effect in `add` and `remove`.
   *
   * @throws {LeastkeyError} `invalid_input` if it is no pattern or matches nothing.
   * @example
   * tokens.expand('messages:*'); // ['messages:send', 'messages:status']
   */
  expand(pattern: string): string[];
  /**
   * The requirement of a request, by the routes of the catalog, for {@link Tokens.verify}. `null`
   * if no route matches: refuse such a request, because `verify` without a requirement only
   * authenticates.
   *
   * @param method as in the request line: `GET`.
   * @param path as in the request line, still percent-encoded, without the query. An ambiguous path
   * matches no route.
   */
  match(method: string, path: string): RouteRequirement | null;
  /**
   * What can be chosen for a new token, and what of it this actor can grant at an owner: for a
   * screen.
   *
   * @param query the owner; default: the actor itself.
   * @example
   * const { kinds, ceiling } = await tokens.describe({ owner: 'org:acme' }, actor);
   * const offered = kinds.filter(({ manage, exchanged }) => manage && !exchanged);
   */
  describe(query: { owner?: string }, actor: Actor, call?: CallOptions): Promise<Description>;
  /**
   * The tokens of an owner whose grant differs from what their selection resolves to now. It
   * changes none.
   */
  drift(query: DriftQuery, actor: Actor, call?: CallOptions): Promise<DriftReport>;
  /** The catalog and the prefix of this deployment: for screens, and for minting. */
  deployment(): Deployment;
  /** The regular expression with which secret scanners find credentials of this deployment. */
  pattern(): string;
}

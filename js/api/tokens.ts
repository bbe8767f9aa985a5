import type { Accounts } from './accounts.js';
import type { Audits } from './audit.js';
import type { CallOptions, CredentialSource } from './call.js';
import type { Deployment } from './catalog.js';
import type { CatalogIds } from './catalog-ids.js';
import type { Description } from './choices.js';
import type { Problem } from './codes.js';
import type { DriftQuery, DriftReport } from './drift.js';
import type { Exchanged, ExchangeInput, ExchangeOptions, Minted, MintOptions } from './exchange.js';
import type { ImportKeysOptions, ImportReport, KeyRow } from './import-keys.js';
import type { Jobs } from './jobs.js';
import type { Rotations } from './rotation.js';
import type { Preview, ResolveOptions, Selection } from './selection.js';
import type { Suggestion } from './suggestion.js';
import type { BulkOptions, BulkReport, PurgeQuery, RevokeAllOptions, RevokeAllQuery } from './sweep.js';
import type {
  Actor,
  Created,
  CreatedWithToken,
  CreateInput,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
  WithoutToken,
} from './token.js';
import type { FlushOptions, FlushReport } from './usage.js';
import type {
  ExplainOptions,
  Explanation,
  Requirement,
  RouteRequirement,
  Verdict,
  Verification,
  VerifyManyOptions,
  VerifyOptions,
} from './verification.js';

/**
 * The tokens of one deployment. All methods but `verify` throw a `LeastkeyError`: `invalid_input`
 * for a wrong argument, `forbidden` without authority over the owner, `not_found` for an id that is
 * unknown or that this actor may not see, `conflict`, `outcome_unknown` or `store_unavailable` if
 * the store fails within the deadline. Methods that call the store take a `signal` last, and reject
 * with its reason on an abort.
 */
export interface Tokens<Ids extends CatalogIds = CatalogIds> extends Rotations, Audits {
  /** Owners and technical users. */
  readonly accounts: Accounts;
  /**
   * The warnings of the catalog, each with its JSON path: routes that one request can match, so
   * that it needs both permissions. Reading them compiles the catalog if `check` is `first`.
   */
  readonly warnings: readonly Problem[];
  /** `revokeAll` as a job that any process can continue. */
  readonly jobs: Jobs;
  /**
   * Creates a token. The credential is returned only here, and stored nowhere.
   *
   * @throws {LeastkeyError} also `name_taken`, `exceeds_ceiling`, `rng_failed`.
   * @example
   * const { token, record } = await tokens.create(
   *   { kind: 'permission-set', name: 'Nightly sender', owner: 'org:acme', templates:
   * ['all-channels'] },
   *   { id: 'user:7', roles: { 'org:acme': 'admin' } },
   * );
   */
  create(input: CreateInput<Ids> & WithoutToken, actor: Actor, call?: CallOptions): Promise<CreatedWithToken>;
  /**
   * Creates a token whose client made its secret, or whose call may be a retry: then the answer has
   * no credential.
   */
  create(input: CreateInput<Ids>, actor: Actor, call?: CallOptions): Promise<Created>;
  /** The record of a token. */
  get(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** The tokens of an owner, newest first, a page at a time. */
  list(query: ListQuery, actor: Actor, call?: CallOptions): Promise<TokenPage>;
  /**
   * Edits the members that the kind allows. The token cannot exceed the actor's permissions.
   *
   * @throws {LeastkeyError} also `exceeds_ceiling`, `name_taken`, and `conflict` when the record
   * has another revision.
   * @example
   * const { revision } = record;
   * await tokens.edit(record.id, { add: ['policy:read'], tags: null, revision }, actor);
   */
  edit(id: string, change: TokenChange<Ids>, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
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
   * Exchanges a credential for a session token. It has at most the permissions and the lifetime of
   * its parent, and ends with it.
   *
   * @throws {LeastkeyError} also `invalid_token` when the credential is not valid,
   * `exceeds_ceiling`, `too_many_sessions`.
   * @example
   * const { token } = await tokens.exchange(request, { permissions: ['messages:send'], expiresIn:
   * '15m' });
   */
  exchange(
    credential: CredentialSource,
    input: ExchangeInput<Ids['permission']>,
    options?: ExchangeOptions,
  ): Promise<Exchanged>;
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
   * const { rows, problems } = fromBetterAuth(await database.query('select * from apikey'),
   * mapping);
   * const { imported, outcomes } = await tokens.importKeys(rows, actor);
   */
  importKeys(
    rows: Iterable<KeyRow> | AsyncIterable<KeyRow>,
    actor: Actor,
    options?: ImportKeysOptions,
  ): Promise<ImportReport>;
  /**
   * Verifies a credential. Client input and store failures resolve to a verdict: an unreachable
   * store is `store_unavailable`, never valid.
   *
   * @param credential the credential as text, the `Headers` of the request, or the `Request`.
   * @param requirement what the request needs; absent: only a valid token.
   * @throws {LeastkeyError} `invalid_input` if the requirement or an option is unreadable.
   * @example
   * const { valid, status } = await tokens.verify(request, 'messages:send', { ip, consume: 1 });
   * if (!valid) return new Response(null, { status });
   */
  verify(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  /**
   * {@link Tokens.verify} without a promise: from the token cache within the freshness window, or
   * from a synchronous store. `undefined` if that is not possible: then call `verify`.
   */
  verifySync(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Verdict | undefined;
  /**
   * The verdicts on at most 1,000 credentials, in order. Their reads of the store are merged. For a
   * gateway that handles many requests at once.
   *
   * @throws {LeastkeyError} as `verify` does, for any of them.
   */
  verifyMany(
    verifications: readonly Verification<Ids['permission']>[],
    options?: VerifyManyOptions,
  ): Promise<Verdict[]>;
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
   * The verdict of {@link Tokens.verify}, and what would make it valid. For operators: only `wire`
   * may go to the client.
   *
   * @throws {LeastkeyError} as `verify` does.
   * @example
   * const { code, missing, templates, wire } = await tokens.explain(request, 'messages:send');
   * log({ code, missing, templates });
   * const headers = wire.challenge === undefined ? {} : { 'WWW-Authenticate': wire.challenge };
   * return new Response(null, { status: wire.status, headers });
   */
  explain(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: ExplainOptions,
  ): Promise<Explanation>;
  /**
   * Resolves a selection: the exact permissions of a token with it, the tree of all services for a
   * screen, and warnings. The result depends on the selection and the catalog only.
   *
   * @throws {LeastkeyError} `invalid_input` for an unknown template, role or permission, and a
   * pattern without matches.
   */
  resolve(selection: Selection<Ids>, options?: ResolveOptions): Preview;
  /**
   * The permissions that a pattern matches, sorted: its effect in `add` and `remove`.
   *
   * @throws {LeastkeyError} `invalid_input` if it is no pattern or matches nothing.
   * @example
   * tokens.expand('messages:*'); // ['messages:send', 'messages:status']
   */
  expand(pattern: string): string[];
  /** The smallest selection that grants these permissions with the least excess. */
  suggest(permissions: readonly Ids['permission'][]): Suggestion;
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

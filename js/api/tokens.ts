import type { Accounts } from './accounts.js';
import type { Audits } from './audit.js';
import type { BulkOptions, BulkReport, PurgeQuery, RevokeAllOptions, RevokeAllQuery } from './bulk.js';
import type { CallOptions, CredentialSource } from './call.js';
import type { Deployment } from './catalog.js';
import type { CatalogIds } from './catalog-ids.js';
import type { Description } from './describe.js';
import type { DriftQuery, DriftReport } from './drift.js';
import type { Exchanged, ExchangeInput, ExchangeOptions, Minted, MintOptions } from './exchange.js';
import type { ImportKeysOptions, ImportReport, KeyRow } from './import-keys.js';
import type { Jobs } from './jobs.js';
import type { Rotations } from './rotation.js';
import type { Preview, ResolveOptions, Selection } from './selection.js';
import type { Suggestion } from './suggestion.js';
import type {
  Actor,
  Created,
  CreateInput,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from './token.js';
import type { FlushReport } from './usage.js';
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
 * unknown or not this actor's to see, `conflict`, `outcome_unknown` or `store_unavailable` when the
 * store does not do its part within the deadline. Those that ask the store take a `signal` last,
 * and reject with its reason when it aborts.
 */
export interface Tokens<Ids extends CatalogIds = CatalogIds> extends Rotations, Audits {
  /** Owners and technical users. */
  readonly accounts: Accounts;
  /** `revokeAll` that goes on from process to process. */
  readonly jobs: Jobs;
  /**
   * Makes a token. Its credential is in the answer and is stored nowhere.
   *
   * @throws {LeastkeyError} also `name_taken`, `exceeds_ceiling`, `rng_failed`.
   * @example
   * const { token, record } = await tokens.create(
   *   { kind: 'permission-set', name: 'Nightly sender', owner: 'org:acme', templates: ['all-channels'] },
   *   { id: 'user:7', roles: { 'org:acme': 'admin' } },
   * );
   */
  create(input: CreateInput<Ids>, actor: Actor, call?: CallOptions): Promise<Created>;
  /** The record of a token. */
  get(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** The tokens of an owner, newest first, a page at a time. */
  list(query: ListQuery, actor: Actor, call?: CallOptions): Promise<TokenPage>;
  /**
   * Changes what the kind of the token allows to be changed. Nothing grows beyond what the actor
   * has.
   *
   * @throws {LeastkeyError} also `exceeds_ceiling`, `name_taken`, and `conflict` when the record
   * has another revision.
   * @example
   * const { revision } = record;
   * await tokens.edit(record.id, { add: ['policy:read'], tags: null, revision }, actor);
   */
  edit(id: string, change: TokenChange<Ids>, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Stops a token for now; `enable` takes it back. */
  disable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Lets a disabled token work again. Throws `terminal` for a revoked one. */
  enable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /**
   * Stops a token for ever and keeps its record. No verification that starts after this resolved
   * accepts it.
   */
  revoke(id: string, options: RevokeOptions, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /**
   * Revokes all tokens of an owner and of what stands below it, of a subject, or with a tag: the
   * button for an incident. Two that press it at once are harmless, and what an interruption leaves
   * the same call finishes.
   *
   * @example
   * const { ids, already } = await tokens.revokeAll({ owner: 'org:acme', tag: 'ci' }, { reason: 'runner leaked' }, actor);
   */
  revokeAll(query: RevokeAllQuery, options: RevokeAllOptions, actor: Actor): Promise<BulkReport>;
  /** Removes a token's record. Its id never comes back. */
  delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }>;
  /**
   * Removes the records of tokens that are long over: expired or revoked.
   *
   * @param actor absent: the host itself, in a job that nobody started.
   * @example
   * const { ids } = await tokens.purge({ overFor: '365d' }, { dryRun: true });
   */
  purge(query?: PurgeQuery, options?: BulkOptions, actor?: Actor): Promise<BulkReport>;
  /**
   * A session token in exchange for a credential: at most what its parent may do, for at most as
   * long, and over with it.
   *
   * @throws {LeastkeyError} also `invalid_token` when the credential is not valid,
   * `exceeds_ceiling`, `too_many_sessions`.
   * @example
   * const { token } = await tokens.exchange(request, { permissions: ['messages:send'], expiresIn: '15m' });
   */
  exchange(
    credential: CredentialSource,
    input: ExchangeInput<Ids['permission']>,
    options?: ExchangeOptions,
  ): Promise<Exchanged>;
  /**
   * Makes a credential, in a browser for instance, without asking the store. Its owner keeps
   * `token`; `id`, `digest` and `scheme` go into `create` on the server within ten minutes, which
   * never sees the secret. With the id of a token, `digest` and `scheme` go into `rotate`.
   *
   * @throws {LeastkeyError} `rng_failed`.
   * @example
   * const { token, ...minted } = tokens.mint();
   * await fetch('/tokens', { method: 'POST', body: JSON.stringify({ name: 'Laptop', ...minted }) });
   */
  mint(options?: MintOptions): Minted;
  /**
   * Takes over keys that another system issued and hashed. They go on working as they are, beside
   * Leastkey's own.
   *
   * @throws {LeastkeyError} when the store fails; its `report` says how far it went. A row that is
   * refused is an outcome.
   * @example
   * import { fromBetterAuth } from 'leastkey/import';
   * const { rows, problems } = fromBetterAuth(await database.query('select * from apikey'), mapping);
   * const { imported, outcomes } = await tokens.importKeys(rows, actor);
   */
  importKeys(
    rows: Iterable<KeyRow> | AsyncIterable<KeyRow>,
    actor: Actor,
    options?: ImportKeysOptions,
  ): Promise<ImportReport>;
  /**
   * Says whether a request may pass. It resolves to a verdict whatever the client sent and whatever
   * the store did: a store out of reach is `store_unavailable`, never a yes.
   *
   * @param credential the credential as text, or the request's `Headers`, or the `Request`.
   * @param requirement what the request needs; absent: only a valid token.
   * @throws {LeastkeyError} `invalid_input` when the requirement or an option cannot be read.
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
   * As {@link Tokens.verify}, without waiting: from what is remembered within the freshness window,
   * or from a store that answers at once. `undefined` where that is not possible: then ask
   * `verify`.
   */
  verifySync(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Verdict | undefined;
  /**
   * The verdicts on many credentials, at most 1,000, in their order: what they need from the store
   * at the same time is read in one call. For a gateway that answers for many requests at once.
   *
   * @throws {LeastkeyError} as `verify` does, for any of them.
   */
  verifyMany(
    verifications: readonly Verification<Ids['permission']>[],
    options?: VerifyManyOptions,
  ): Promise<Verdict[]>;
  /**
   * Writes which tokens were used, and how often, since the last flush. Verification only notes it,
   * in this instance's memory.
   *
   * @example
   * context.waitUntil(tokens.flush()); // or every few seconds in a server, and before it ends
   */
  flush(call?: CallOptions): Promise<FlushReport>;
  /**
   * What {@link Tokens.verify} would say, and what would make it a yes. For whoever runs the
   * service: only `wire` of it may go to the network.
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
   * What a selection comes to: exactly the permissions that a token of it would hold, the tree of
   * all services for a screen, and warnings. The same selection and catalog always give the same
   * answer.
   *
   * @throws {LeastkeyError} `invalid_input` for an unknown template, role or permission, and a
   * pattern that means nothing.
   */
  resolve(selection: Selection<Ids>, options?: ResolveOptions): Preview;
  /**
   * The permissions that a pattern means, ascending: what `add` and `remove` would do with it.
   *
   * @throws {LeastkeyError} `invalid_input` when it is no pattern or means nothing.
   * @example
   * tokens.expand('messages:*'); // ['messages:send', 'messages:status']
   */
  expand(pattern: string): string[];
  /** The smallest selection that gives these permissions, and as little else as can be. */
  suggest(permissions: readonly Ids['permission'][]): Suggestion;
  /**
   * What a request needs, by the routes of the catalog: a requirement for {@link Tokens.verify}.
   * `null` where no route matches, which is to be refused: `verify` without a requirement would
   * only authenticate.
   *
   * @param method as in the request line: `GET`.
   * @param path as in the request line, still percent-encoded, without the query. What two servers
   * could read in two ways matches nothing.
   */
  match(method: string, path: string): RouteRequirement | null;
  /**
   * What can be chosen when a token is made, and what of it this actor can give at an owner: for a
   * screen.
   *
   * @param query the owner; default: the actor itself.
   * @example
   * const { kinds, ceiling } = await tokens.describe({ owner: 'org:acme' }, actor);
   * const offered = kinds.filter(({ manage, exchanged }) => manage && !exchanged);
   */
  describe(query: { owner?: string }, actor: Actor, call?: CallOptions): Promise<Description>;
  /**
   * Which tokens of an owner are not what their selection would come to today. It changes none of
   * them.
   */
  drift(query: DriftQuery, actor: Actor, call?: CallOptions): Promise<DriftReport>;
  /** The catalog and the prefix that this was started with: what a screen shows, and mints with. */
  deployment(): Deployment;
  /** The regular expression by which secret scanners find this deployment's credentials. */
  pattern(): string;
}

import type { Audits } from './audit.js';
import type { CallOptions, CredentialSource } from './call.js';
import type { CatalogIds, Given, Known } from './catalog-ids.js';
import type { Exchanged, ExchangeInput, ExchangeOptions } from './exchange.js';
import type { Rotations } from './rotation.js';
import type { Preview, ResolveOptions, Selection } from './selection.js';
import type { Suggestion } from './suggestion.js';
import type {
  Actor,
  Created,
  CreatedWithToken,
  CreateInput,
  TokenChange,
  TokenRecord,
  WithoutToken,
} from './token.js';
import type { TokenOperations } from './token-operations.js';
import type {
  ExplainOptions,
  Explanation,
  Requirement,
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
export interface Tokens<Ids extends CatalogIds = CatalogIds> extends TokenOperations, Rotations, Audits {
  /** Only in the type. */
  readonly '~permissions'?: () => Ids['permission'];
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
  create<
    Kind extends string = never,
    Template extends string = never,
    Permission extends string = never,
    Role extends string = never,
  >(
    input: CreateInput<Given<Ids, Template, Permission, Role, Kind>> & WithoutToken,
    actor: Actor,
    call?: CallOptions,
  ): Promise<CreatedWithToken>;
  /**
   * Creates a token whose client made its secret, or whose call may be a retry: then the answer has
   * no credential.
   */
  create<
    Kind extends string = never,
    Template extends string = never,
    Permission extends string = never,
    Role extends string = never,
  >(
    input: CreateInput<Given<Ids, Template, Permission, Role, Kind>>,
    actor: Actor,
    call?: CallOptions,
  ): Promise<Created>;
  /**
   * Edits the members that the kind allows. The token cannot exceed the actor's permissions.
   *
   * @throws {LeastkeyError} also `exceeds_ceiling`, `name_taken`, and `conflict` when the record
   * has another revision.
   * @example
   * const { revision } = record;
   * await tokens.edit(record.id, { add: ['policy:read'], tags: null, revision }, actor);
   */
  edit<Template extends string = never, Permission extends string = never, Role extends string = never>(
    id: string,
    change: TokenChange<Given<Ids, Template, Permission, Role>>,
    actor: Actor,
    call?: CallOptions,
  ): Promise<TokenRecord>;
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
  exchange<Text extends string = never>(
    credential: CredentialSource,
    input: ExchangeInput<Known<Ids['permission'], Text>>,
    options?: ExchangeOptions,
  ): Promise<Exchanged>;
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
  verify<Text extends string = never>(
    credential: CredentialSource,
    requirement?: Requirement<Known<Ids['permission'], Text>>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  /**
   * {@link Tokens.verify} without a promise: from the token cache within the freshness window, or
   * from a synchronous store. `undefined` if that is not possible: then call `verify`.
   */
  verifySync<Text extends string = never>(
    credential: CredentialSource,
    requirement?: Requirement<Known<Ids['permission'], Text>>,
    options?: VerifyOptions,
  ): Verdict | undefined;
  /**
   * The verdicts on at most 1,000 credentials, in order. Their reads of the store are merged. For a
   * gateway that handles many requests at once.
   *
   * @throws {LeastkeyError} as `verify` does, for any of them.
   */
  verifyMany<Text extends string = never>(
    verifications: readonly Verification<Known<Ids['permission'], Text>>[],
    options?: VerifyManyOptions,
  ): Promise<Verdict[]>;
  /**
   * The verdict of {@link Tokens.verify}, and what would make it valid. For operators: only `wire`
   * may go to the client.
   *
   * @throws {LeastkeyError} as `verify` does.
   * @example
   * const { code, missing, templates, wire } = await tokens.explain(request, 'messages:send');
   * log({ code, missing, templates });
   * const headers = new Headers();
   * if (wire.challenge !== undefined) headers.set('WWW-Authenticate', wire.challenge);
   * return new Response(null, { status: wire.status, headers });
   */
  explain<Text extends string = never>(
    credential: CredentialSource,
    requirement?: Requirement<Known<Ids['permission'], Text>>,
    options?: ExplainOptions,
  ): Promise<Explanation>;
  /**
   * Resolves a selection: the exact permissions of a token with it, the tree of all services for a
   * screen, and warnings. The result depends on the selection and the catalog only.
   *
   * @throws {LeastkeyError} `invalid_input` for an unknown template, role or permission, and a
   * pattern without matches.
   */
  resolve<Template extends string = never, Permission extends string = never, Role extends string = never>(
    selection: Selection<Given<Ids, Template, Permission, Role>>,
    options?: ResolveOptions,
  ): Preview;
  /** The smallest selection that grants these permissions with the least excess. */
  suggest<Text extends string = never>(permissions: readonly Known<Ids['permission'], Text>[]): Suggestion;
}

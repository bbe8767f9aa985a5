import type { Call, Step } from './boundary.js';
import type { Catalog } from './catalog.js';
import type { CatalogIds, IdsOf } from './catalog-ids.js';
import { ConfiguredCore, refusal } from './core.js';
import type { CredentialSource } from './credential.js';
import type { DriftQuery, DriftReport } from './drift.js';
import { manage } from './drive.js';
import { type Explanation, explainCredential } from './explain.js';
import {
  type CallOptions,
  readCallOptions,
  readResolveOptions,
  readTokensOptions,
  readVerifyOptions,
  type Settings,
  type TokensOptions,
  type VerifyOptions,
} from './options.js';
import { matchRoute, type RouteRequirement } from './route.js';
import type { Preview, ResolveOptions, Selection } from './selection.js';
import type { Suggestion } from './suggestion.js';
import type {
  Actor,
  Created,
  CreateInput,
  ListQuery,
  Requirement,
  RevokeOptions,
  TokenPage,
  TokenRecord,
  Verdict,
} from './types.js';
import { plainCopy, requireText } from './values.js';
import { verifyCredential } from './verify.js';

/**
 * The tokens of one deployment. All methods but `verify` throw a `LeastkeyError`: `invalid_input` for a wrong argument,
 * `forbidden` without authority over the owner, `not_found` for an id that is unknown or not this actor's to see,
 * `conflict`, `outcome_unknown` or `store_unavailable` when the store does not do its part within the deadline. Those that
 * ask the store take a `signal` last, and reject with its reason when it aborts.
 */
export interface Tokens<Ids extends CatalogIds = CatalogIds> {
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
  /** Stops a token for now; `enable` takes it back. */
  disable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Lets a disabled token work again. Throws `terminal` for a revoked one. */
  enable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Stops a token for ever and keeps its record. No verification that starts after this resolved accepts it. */
  revoke(id: string, options: RevokeOptions, actor: Actor, call?: CallOptions): Promise<TokenRecord>;
  /** Removes a token's record. Its id never comes back. */
  delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }>;
  /**
   * Says whether a request may pass. It resolves to a verdict whatever the client sent and whatever the store did:
   * a store out of reach is `store_unavailable`, never a yes.
   *
   * @param credential the credential as text, or the request's `Headers`, or the `Request`.
   * @param requirement what the request needs; absent: only a valid token.
   * @throws {LeastkeyError} `invalid_input` when the requirement or an option cannot be read.
   * @example
   * const { valid, status } = await tokens.verify(request, 'messages:send');
   * if (!valid) return new Response(null, { status });
   */
  verify(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  /**
   * What {@link Tokens.verify} would say, and what would make it a yes. For whoever runs the service: only `wire` of
   * it may go to the network.
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
    options?: CallOptions,
  ): Promise<Explanation>;
  /**
   * What a selection comes to: exactly the permissions that a token of it would hold, the tree of all services for a
   * screen, and warnings. The same selection and catalog always give the same answer.
   *
   * @throws {LeastkeyError} `invalid_input` for an unknown template, role or permission, and a pattern that means nothing.
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
   * What a request needs, by the routes of the catalog: a requirement for {@link Tokens.verify}. `null` where no route
   * matches, which is to be refused: `verify` without a requirement would only authenticate.
   *
   * @param method as in the request line: `GET`.
   * @param path as in the request line, still percent-encoded, without the query. What two servers could read in two
   * ways matches nothing.
   */
  match(method: string, path: string): RouteRequirement | null;
  /** Which tokens of an owner are not what their selection would come to today. It changes none of them. */
  drift(query: DriftQuery, actor: Actor, call?: CallOptions): Promise<DriftReport>;
  /** The regular expression by which secret scanners find this deployment's credentials. */
  pattern(): string;
}

/**
 * Starts Leastkey on a store with a catalog.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option, and for a wrong catalog with every problem of it in
 * `problems` and in the message.
 *
 * @example
 * import { createTokens } from 'leastkey';
 * import { memoryStore } from 'leastkey/stores/memory';
 *
 * const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
 */
export async function createTokens<const C extends Catalog>(
  options: TokensOptions<C>,
): Promise<Tokens<IdsOf<C>>> {
  const settings = readTokensOptions(options);
  const core = await ConfiguredCore.start(settings.prefix, settings.catalogText);
  return new CoreTokens(core, settings);
}

class CoreTokens implements Tokens {
  readonly #core: ConfiguredCore;
  readonly #settings: Settings;

  constructor(core: ConfiguredCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
  }

  async create(input: CreateInput, actor: Actor, call?: CallOptions): Promise<Created> {
    return this.#manage(
      { op: 'create', input: plainCopy(input, ''), actor: plainCopy(actor, 'actor') },
      call,
    );
  }

  async get(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'get', id: plainCopy(id, 'id'), actor: plainCopy(actor, 'actor') }, call);
  }

  async list(query: ListQuery, actor: Actor, call?: CallOptions): Promise<TokenPage> {
    return this.#manage({ op: 'list', query: plainCopy(query, ''), actor: plainCopy(actor, 'actor') }, call);
  }

  async disable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'disable', id: plainCopy(id, 'id'), actor: plainCopy(actor, 'actor') }, call);
  }

  async enable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'enable', id: plainCopy(id, 'id'), actor: plainCopy(actor, 'actor') }, call);
  }

  async revoke(id: string, options: RevokeOptions, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage(
      {
        op: 'revoke',
        id: plainCopy(id, 'id'),
        options: plainCopy(options, 'options'),
        actor: plainCopy(actor, 'actor'),
      },
      call,
    );
  }

  async delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }> {
    return this.#manage({ op: 'delete', id: plainCopy(id, 'id'), actor: plainCopy(actor, 'actor') }, call);
  }

  async verify(
    credential: CredentialSource,
    requirement?: Requirement,
    options: VerifyOptions = {},
  ): Promise<Verdict> {
    const signal = readVerifyOptions(options);
    const question = requirement === undefined ? {} : { requirement: plainCopy(requirement, 'requirement') };
    return verifyCredential(this.#core, this.#settings, credential, question, signal);
  }

  async explain(
    credential: CredentialSource,
    requirement?: Requirement,
    options: CallOptions = {},
  ): Promise<Explanation> {
    const signal = readCallOptions(options, 'explain');
    const question = requirement === undefined ? {} : { requirement: plainCopy(requirement, 'requirement') };
    return explainCredential(this.#core, this.#settings, credential, question, signal);
  }

  resolve(selection: Selection, options: ResolveOptions = {}): Preview {
    const { tree } = readResolveOptions(options);
    return answer(this.#core.resolve(plainCopy(selection, ''), tree));
  }

  expand(pattern: string): string[] {
    return this.#core.expand(requireText(pattern, 'pattern'));
  }

  suggest(permissions: readonly string[]): Suggestion {
    return answer(this.#core.suggest(plainCopy(permissions, 'permissions')));
  }

  match(method: string, path: string): RouteRequirement | null {
    return matchRoute(this.#core, method, path);
  }

  async drift(query: DriftQuery, actor: Actor, call?: CallOptions): Promise<DriftReport> {
    return this.#manage({ op: 'drift', query: plainCopy(query, ''), actor: plainCopy(actor, 'actor') }, call);
  }

  pattern(): string {
    return this.#core.configured.pattern;
  }

  /** The core answers each operation in its own shape; docs/boundary.md says which. */
  async #manage<T>(call: Call, options: CallOptions = {}): Promise<T> {
    const signal = readCallOptions(options, call.op);
    return (await manage(this.#core, this.#settings, call, signal)) as T;
  }
}

/** The answer of a question that needs nothing from the store, in the shape that docs/boundary.md says. */
function answer<T>(step: Step): T {
  if ('answer' in step) return step.answer as T;
  throw refusal(step);
}

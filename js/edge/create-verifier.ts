import type { CredentialSource } from '../api/call.js';
import type { Catalog } from '../api/catalog.js';
import type { CatalogIds, IdsOf } from '../api/catalog-ids.js';
import { LeastkeyError } from '../api/errors.js';
import type { ReadStore, Store } from '../api/store.js';
import type { TokensOptions } from '../api/tokens-options.js';
import type {
  Requirement,
  RouteRequirement,
  Verdict,
  Verification,
  VerifyManyOptions,
  VerifyOptions,
} from '../api/verification.js';
import type { WasmSource } from '../api/wasm-source.js';
import { givenModule } from '../core/load/given.js';
import { VerifyCore } from '../core/verify-core.js';
import { createGuard, type Guard, type GuardOptions } from '../guard/guard.js';
import { refuseUnknownOptions } from '../input/options.js';
import { readSettings, readStore } from '../manage/read-settings.js';
import type { Question } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { CachedVerifier } from '../verify/cached-verifier.js';
import { matchRoute } from '../verify/route.js';
import { verifyMany } from '../verify/verify-many.js';
import { permissionsOf, unknownPermission } from './explain-mistakes.js';

/** The options of {@link createVerifier}. */
export interface VerifierOptions<C extends Catalog = Catalog>
  extends Omit<TokensOptions<C>, 'store' | 'entropy' | 'usage' | 'shards' | 'check' | 'onWarning' | 'module'>,
    Omit<GuardOptions, 'onError'> {
  /** The store. Only its `get` is called. */
  store: ReadStore;
  /**
   * The module `leastkey/wasm/verify.wasm`, where a bundler loses it or a runtime does not let
   * programs compile it: docs/bundlers.md. A process loads it once, so the first one is used.
   */
  module?: WasmSource;
}

/** Verifies the tokens of a deployment. It cannot change anything. */
export interface Verifier<Ids extends CatalogIds = CatalogIds> {
  /** As `verify` of `Tokens`. */
  verify(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  /**
   * {@link Verifier.verify} without a promise: from the token cache within the freshness window, or
   * from a synchronous store. `undefined` if that is not possible: then call `verify`.
   */
  verifySync(
    credential: CredentialSource,
    requirement?: Requirement<Ids['permission']>,
    options?: VerifyOptions,
  ): Verdict | undefined;
  /** The verdicts on at most 1,000 credentials, in order. Their reads of the store are merged. */
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
   * const stop = await store.watch(() => verifier.invalidate());
   */
  invalidate(): void;
  /** The requirement of a request, by the routes of the catalog; `null` if no route matches. */
  match(method: string, path: string): RouteRequirement | null;
  /** Admits a request, or returns the refusal to send. */
  guard: Guard<Ids['permission']>;
}

const GUARD_OPTIONS = ['header', 'realm', 'audience', 'clientIp'] as const satisfies (keyof GuardOptions)[];

const OPTIONS = [
  'catalog',
  'store',
  'prefix',
  'freshness',
  'capacity',
  'now',
  'deadline',
  'recordKey',
  'imported',
  'limits',
  'onError',
  'module',
  ...GUARD_OPTIONS,
] as const satisfies (keyof VerifierOptions)[];

/**
 * Starts a verifier: for an edge worker, a gateway, or any service that verifies tokens and does
 * not manage them. Its store needs a `get` and nothing more.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option, and for a wrong catalog with every
 * problem of it.
 *
 * @example
 * const verifier = await createVerifier({ catalog, store: d1Store(env.DB), prefix: 'acme_live' });
 *
 * const { response, verdict } = await verifier.guard(request);
 * if (response) return response;
 */
export async function createVerifier<const C extends Catalog>(
  options: VerifierOptions<C>,
): Promise<Verifier<IdsOf<C>>> {
  refuseUnknownOptions(options, OPTIONS, 'createVerifier');
  const settings = readSettings(options, readOnly(readStore(options.store, ['get'])));
  permissionsOf(options.catalog);
  const describe = (question: Question) =>
    unknownPermission(question, permissionsOf(JSON.parse(settings.catalogText)));
  const core = await VerifyCore.start(settings, givenModule(options.module, 'module'), describe);
  const guardOptions = GUARD_OPTIONS.filter((name) => options[name] !== undefined);
  return new CoreVerifier(
    core,
    settings,
    Object.fromEntries(guardOptions.map((name) => [name, options[name]])),
  );
}

class CoreVerifier implements Verifier {
  readonly guard: Guard;
  readonly #core: VerifyCore;
  readonly #settings: Settings;
  readonly #verifier: CachedVerifier;

  constructor(core: VerifyCore, settings: Settings, options: GuardOptions) {
    this.#core = core;
    this.#settings = settings;
    this.#verifier = new CachedVerifier(core, settings);
    this.guard = createGuard(this, options);
  }

  async verify(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Promise<Verdict> {
    return this.#verifier.verify(credential, requirement, options);
  }

  verifySync(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Verdict | undefined {
    return this.#verifier.verifySync(credential, requirement, options);
  }

  async verifyMany(
    verifications: readonly Verification[],
    options: VerifyManyOptions = {},
  ): Promise<Verdict[]> {
    return verifyMany(this.#verifier, this.#settings, verifications, options);
  }

  invalidate(): void {
    this.#verifier.notePush();
  }

  match(method: string, path: string): RouteRequirement | null {
    return matchRoute(this.#core, method, path);
  }
}

/** A store that only reads. `list` and `commit` throw. */
function readOnly(store: ReadStore): Store {
  return { get: (keys) => store.get(keys), list: refuseCall, commit: refuseCall };
}

function refuseCall(): never {
  throw new LeastkeyError('store_unavailable', 'a verifier is read-only: it calls only get of its store');
}

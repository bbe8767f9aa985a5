import type { CredentialSource, Duration } from '../api/call.js';
import type { Catalog } from '../api/catalog.js';
import type { CatalogIds, IdsOf, Known } from '../api/catalog-ids.js';
import { LeastkeyError } from '../api/errors.js';
import type { ReadStore, Store } from '../api/store.js';
import type { TokensOptions } from '../api/tokens-options.js';
import type { TokenUse, WaitUntil } from '../api/usage.js';
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
import { invalidInput, refuseUnknownOptions } from '../input/options.js';
import { readFlush, readSettings, readStore } from '../manage/read-settings.js';
import type { Question } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { CachedVerifier } from '../verify/cached-verifier.js';
import { matchRoute } from '../verify/route.js';
import { UsageCollector } from '../verify/usage-collector.js';
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
  /**
   * Takes the uses of tokens, for {@link Tokens.flush} of a deployment that can write:
   * `(batch) => fetch(url, …)`. If it rejects, they are kept for the next batch. Without it, idle
   * times do not count what is used here.
   */
  uses?: (batch: TokenUse[]) => unknown;
  /** How often `uses` is called. Default `'5s'`. */
  flush?: Duration;
  /** As `waitUntil` of `usage` in {@link TokensOptions}, for `uses`. */
  waitUntil?: WaitUntil;
}

/** Verifies the tokens of a deployment. It cannot change anything. */
export interface Verifier<Ids extends CatalogIds = CatalogIds> {
  /** Only in the type. */
  readonly '~permissions'?: () => Ids['permission'];
  /** As `verify` of `Tokens`. */
  verify<Text extends string = never>(
    credential: CredentialSource,
    requirement?: Requirement<Known<Ids['permission'], Text>>,
    options?: VerifyOptions,
  ): Promise<Verdict>;
  /**
   * {@link Verifier.verify} without a promise: from the token cache within the freshness window, or
   * from a synchronous store. `undefined` if that is not possible: then call `verify`.
   */
  verifySync<Text extends string = never>(
    credential: CredentialSource,
    requirement?: Requirement<Known<Ids['permission'], Text>>,
    options?: VerifyOptions,
  ): Verdict | undefined;
  /** The verdicts on at most 1,000 credentials, in order. Their reads of the store are merged. */
  verifyMany<Text extends string = never>(
    verifications: readonly Verification<Known<Ids['permission'], Text>>[],
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

const GUARD_OPTIONS = [
  'header',
  'realm',
  'audience',
  'clientIp',
  'consume',
] as const satisfies (keyof GuardOptions)[];

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
  'uses',
  'flush',
  'waitUntil',
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
  const { uses, catalog, limits = 'approximate' } = options;
  if (limits !== 'approximate')
    throw invalidInput('limits', 'a verifier cannot write, so it counts "approximate" only');
  if (uses !== undefined && typeof uses !== 'function')
    throw invalidInput('uses', 'expected a function (batch) => …');
  const settings: Settings = {
    ...readSettings({ ...options, limits }, readOnly(readStore(options.store, ['get']))),
    flush: uses && readFlush(options, ''),
  };
  permissionsOf(catalog);
  const describe = (question: Question) =>
    unknownPermission(question, permissionsOf(JSON.parse(settings.catalogText)));
  const core = await VerifyCore.start(settings, givenModule(options.module, 'module'), describe);
  const guardOptions = GUARD_OPTIONS.filter((name) => options[name] !== undefined);
  if (uses === undefined) warnOfIdleKinds(catalog, settings);
  return new CoreVerifier(
    core,
    settings,
    Object.fromEntries(guardOptions.map((name) => [name, options[name]])),
    uses,
  );
}

class CoreVerifier implements Verifier {
  readonly guard: Guard;
  readonly #core: VerifyCore;
  readonly #settings: Settings;
  readonly #verifier: CachedVerifier;

  constructor(core: VerifyCore, settings: Settings, options: GuardOptions, uses: VerifierOptions['uses']) {
    this.#core = core;
    this.#settings = settings;
    const hand = async (batch: TokenUse[]) => {
      await uses?.(batch);
      return { flushed: batch.length };
    };
    const collector = uses && new UsageCollector(hand, settings, (id, at) => core.noteUse(id, at));
    this.#verifier = new CachedVerifier(core, settings, collector);
    this.guard = createGuard(this, options);
  }

  async verify(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Promise<Verdict> {
    return this.#verifier.verify(credential, requirement, options) as Verdict | Promise<Verdict>;
  }

  verifySync(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Verdict | undefined {
    return this.#verifier.verifySync(credential, requirement, options) as Verdict | undefined;
  }

  async verifyMany(
    verifications: readonly Verification[],
    options: VerifyManyOptions = {},
  ): Promise<Verdict[]> {
    return verifyMany(this.#verifier, this.#settings, verifications, options) as Promise<Verdict[]>;
  }

  invalidate(): void {
    this.#verifier.notePush();
  }

  match(method: string, path: string): RouteRequirement | null {
    return matchRoute(this.#core, method, path);
  }
}

/** Reports once that tokens go idle although they are used here. */
function warnOfIdleKinds({ kinds = {} }: Catalog, { onError }: Settings): void {
  const idle = Object.keys(kinds).find((kind) => kinds[kind]?.lifetime?.idle !== undefined);
  if (idle === undefined) return;
  const message = `tokens of kind "${idle}" expire without use, and this verifier tells nobody of theirs: give uses, such as (batch) => fetch(…)`;
  onError(invalidInput('uses', message), { operation: 'usage' });
}

/** A store that only reads. `list` and `commit` throw. */
function readOnly(store: ReadStore): Store {
  return { get: (keys) => store.get(keys), list: refuseCall, commit: refuseCall };
}

function refuseCall(): never {
  throw new LeastkeyError('store_unavailable', 'a verifier is read-only: it calls only get of its store');
}

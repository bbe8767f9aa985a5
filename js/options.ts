import type { Catalog } from './catalog.js';
import { type Duration, parseDuration } from './duration.js';
import { LeastkeyError } from './errors.js';
import { suggestion } from './nearest.js';
import type { ResolveOptions } from './selection.js';
import type { Store } from './stores/store.js';

/** What {@link createTokens} is given. */
export interface TokensOptions<C extends Catalog = Catalog> {
  /** What can be granted: services, permissions, templates, kinds. */
  catalog: C;
  /** Where the records are: `memoryStore()`, `sqliteStore({ path })` or your own. */
  store: Store;
  /** The start of every credential, such as `acme_live`. It tells deployments apart and is found by secret scanners. */
  prefix: string;
  /**
   * The longest time that a revocation may go unnoticed: milliseconds, or text such as `'5s'`. Default 0.
   * Every verification reads the store at present, which is within any bound.
   */
  freshness?: Duration;
  /** The clock: milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /**
   * Fills the array with random bytes. Default: the host's cryptographic generator. For tests only: whoever can
   * predict these bytes can predict the credentials.
   */
  entropy?: (bytes: Uint8Array) => void;
  /**
   * The longest that one call may take, in milliseconds, its retries included. Default 10,000, at most 600,000. A
   * single call of the store is given half of it.
   */
  deadline?: number;
}

/** What every operation can be given for one call. */
export interface CallOptions {
  /**
   * Ends the call early: it rejects with the signal's reason. A change that had been handed to the store by then may have
   * been applied.
   */
  signal?: AbortSignal;
}

/** What {@link Tokens.verify} can be given for one call. */
export interface VerifyOptions extends CallOptions {
  /** For this call in place of the one of {@link TokensOptions}. */
  freshness?: Duration;
}

/** {@link TokensOptions}, read, with the defaults filled in. */
export interface Settings {
  store: Store;
  prefix: string;
  catalogText: string;
  now: () => number;
  entropy: ((bytes: Uint8Array) => void) | undefined;
  deadline: number;
}

const TOKENS_OPTIONS = [
  'catalog',
  'store',
  'prefix',
  'freshness',
  'now',
  'entropy',
  'deadline',
] as const satisfies (keyof TokensOptions)[];

const CALL_OPTIONS = ['signal'] as const satisfies (keyof CallOptions)[];

const VERIFY_OPTIONS = ['freshness', 'signal'] as const satisfies (keyof VerifyOptions)[];

const RESOLVE_OPTIONS = ['tree'] as const satisfies (keyof ResolveOptions)[];

const LONGEST_DEADLINE = 600_000;

/** Refuses what is no object, and any member that is not known, with the nearest name that is. */
export function refuseUnknownOptions(options: unknown, known: readonly string[], of: string): void {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options', `${of} expects an object with ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    // No option is that long; a credential in the wrong place is, and must not end in a log.
    const shown = name.length > 40 ? '…' : name;
    throw wrong(shown, `unknown option ${JSON.stringify(shown)} of ${of}${suggestion(name, known)}`);
  }
}

/** Reads the options of `createTokens`. */
export function readTokensOptions(options: TokensOptions): Settings {
  refuseUnknownOptions(options, TOKENS_OPTIONS, 'createTokens');
  const { catalog, store, prefix, freshness, now = Date.now, entropy, deadline = 10_000 } = options;
  for (const call of ['get', 'list', 'commit'] as const) {
    if (typeof store?.[call] !== 'function') {
      throw wrong('store', `expected an object with get, list and commit; ${call} is no function`);
    }
  }
  if (typeof prefix !== 'string') throw wrong('prefix', 'expected a text such as "acme_live"');
  if (freshness !== undefined) parseDuration(freshness, 'freshness');
  if (typeof now !== 'function') throw wrong('now', 'expected a function that returns milliseconds');
  if (entropy !== undefined && typeof entropy !== 'function') {
    throw wrong('entropy', 'expected a function that fills a Uint8Array');
  }
  if (!Number.isInteger(deadline) || deadline < 1 || deadline > LONGEST_DEADLINE) {
    throw wrong('deadline', `expected whole milliseconds from 1 to ${LONGEST_DEADLINE}`);
  }
  return { store, prefix, catalogText: catalogText(catalog), now, entropy, deadline };
}

/** Reads the options of one call of the operation `of`. */
export function readCallOptions(options: CallOptions, of: string): AbortSignal | undefined {
  refuseUnknownOptions(options, CALL_OPTIONS, of);
  return readSignal(options.signal);
}

/** Reads the options of one `verify`. */
export function readVerifyOptions(options: VerifyOptions): AbortSignal | undefined {
  refuseUnknownOptions(options, VERIFY_OPTIONS, 'verify');
  if (options.freshness !== undefined) parseDuration(options.freshness, 'freshness');
  return readSignal(options.signal);
}

/** By its members, because a signal of another realm is an instance of nothing here. */
function readSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal;
  throw wrong('signal', 'expected the signal of an AbortController');
}

/** Reads the options of one `resolve`, with the defaults filled in. */
export function readResolveOptions(options: ResolveOptions): { tree: boolean } {
  refuseUnknownOptions(options, RESOLVE_OPTIONS, 'resolve');
  const { tree = true } = options;
  if (typeof tree !== 'boolean') throw wrong('tree', 'expected true or false');
  return { tree };
}

function catalogText(catalog: Catalog): string {
  if (typeof catalog !== 'object' || catalog === null) throw wrong('catalog', 'expected an object');
  try {
    return JSON.stringify(catalog);
  } catch (cause) {
    throw new LeastkeyError(
      'invalid_input',
      `catalog: cannot be written as JSON: ${(cause as Error).message}`,
      {
        path: 'catalog',
        cause,
      },
    );
  }
}

function wrong(path: string, message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', path === 'options' ? message : `${path}: ${message}`, { path });
}

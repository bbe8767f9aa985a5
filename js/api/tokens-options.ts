import type { Duration } from './call.js';
import type { Catalog } from './catalog.js';
import type { Problem } from './codes.js';
import type { OnError } from './on-error.js';
import type { Store } from './store.js';
import type { WaitUntil } from './usage.js';
import type { WasmSources } from './wasm-source.js';

/** The options of {@link createTokens}. */
export interface TokensOptions<C extends Catalog = Catalog> {
  /** What can be granted: services, permissions, templates, kinds. */
  catalog: C;
  /** The store: `memoryStore()`, `sqliteStore({ path })` or your own. */
  store: Store;
  /**
   * The prefix of every credential, such as `acme_live`. It identifies the deployment, also for
   * secret scanners.
   */
  prefix: string;
  /**
   * The longest time that a change, such as a revocation, may go unnoticed, such as `'5s'`.
   * Default 0: every verification reads the store. With a window, tokens are
   * cached, and one small read of the change feed per window keeps the whole cache fresh.
   */
  freshness?: Duration | 0;
  /**
   * The capacity of the token cache: 1 to 1,000,000 tokens, default 10,000. A token whose record is
   * longer than 2 KiB counts as several. Beyond it, roughly the least recently used are evicted.
   */
  capacity?: number;
  /**
   * The clock: milliseconds since the epoch. Default `Date.now`, checked against the monotonic
   * clock: a reading that jumps ahead refuses at once, and is trusted only after it has held for a
   * minute. A clock of your own is not checked for jumps.
   */
  now?: () => number;
  /**
   * Fills the array with random bytes. Default: the host's cryptographic generator. For tests only:
   * predictable bytes make predictable credentials.
   */
  entropy?: (bytes: Uint8Array) => void;
  /**
   * The longest duration of one call with its retries. Default `'10s'`, at most `'10m'`. A single
   * call of the store gets half of it.
   */
  deadline?: Duration;
  /**
   * Seals stored values: a value that was edited or swapped without this key is refused. 32 or more
   * random bytes, or their hex digits; while keys are changed, the new one and the old one. Without
   * the key all tokens are lost.
   */
  recordKey?: RecordKey | readonly [newKey: RecordKey, oldKey: RecordKey];
  /**
   * The number of shards of the change feed: 16, 32 or 64. Default: as many as the store has, 16
   * for an empty one. The first change of the store fixes it, and another number is refused from
   * then on. More shards let more owners write concurrently from several processes, but make the
   * read of each freshness window larger.
   */
  shards?: 16 | 32 | 64;
  /**
   * The prefixes of keys of other systems that `importKeys` imported. `digestOf`: whether that
   * system hashed the whole key or what follows the prefix.
   */
  imported?: readonly { prefix: string; digestOf: 'whole' | 'rest' }[];
  /**
   * Where uses are counted against limits. `exact`, the default: in the store, by compare-and-swap.
   * `approximate`: in the memory of this instance, for a store that cannot commit or is far away;
   * with N instances a token can be used up to N times as often.
   */
  limits?: 'exact' | 'approximate';
  /**
   * Whether the use of tokens is recorded, for {@link Tokens.flush} to write. Default true. With `{
   * addresses: true }` also the last few addresses of each token, if `verify` gets the `ip`. They
   * are personal data, so they are off by default.
   */
  usage?: boolean | UsageOptions;
  /**
   * When the module that manages tokens is compiled and the whole catalog is checked. `start`: by
   * `createTokens`, which throws every problem of the catalog. `first`: by the first call that
   * manages something (`create`, `resolve`, …), which then throws them; verification works
   * without, and starts sooner. Default: `start` in Node, Bun and a page without a bundler; `first`
   * in Cloudflare workers, Vercel's edge runtime, Deno and programs made by a bundler.
   */
  check?: 'start' | 'first';
  /**
   * Called for each failure that no call throws, in verdicts and background work: the store did not
   * answer, a stored value is unreadable, the clock is unreliable.
   */
  onError?: OnError;
  /**
   * Called for each warning of the catalog when it is compiled, such as routes that one request can
   * match. `tokens.warnings` has them too. Also called once for each kind of which a token was
   * created that never expires.
   */
  onWarning?: (warning: Problem) => void;
  /**
   * The package's WebAssembly modules, where a bundler loses them or a runtime does not let
   * programs compile them: docs/bundlers.md. A process loads each once, so the first one is used.
   */
  module?: WasmSources;
}

/** What is recorded of the use of tokens. */
export interface UsageOptions {
  /** Whether to record the addresses that tokens are used from. Default false. */
  addresses?: boolean;
  /**
   * How often uses are flushed by themselves: by a timer, which keeps no process alive, and before
   * a process ends. Default `'5s'`; false: only by calls of `flush`.
   */
  flush?: Duration | false;
  /**
   * For runtimes that end with their requests, in place of the timer: gets a flush with a request
   * that comes `flush` after the last one. In Cloudflare workers the `waitUntil` of
   * `cloudflare:workers`.
   */
  waitUntil?: WaitUntil;
}

/** 32 to 256 bytes, or their hex digits. */
export type RecordKey = Uint8Array | string;

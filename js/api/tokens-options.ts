import type { Duration } from './call.js';
import type { Catalog } from './catalog.js';
import type { OnError } from './on-error.js';
import type { Store } from './store.js';

/** What {@link createTokens} is given. */
export interface TokensOptions<C extends Catalog = Catalog> {
  /** What can be granted: services, permissions, templates, kinds. */
  catalog: C;
  /** Where the records are: `memoryStore()`, `sqliteStore({ path })` or your own. */
  store: Store;
  /** The start of every credential, such as `acme_live`. It tells deployments apart and is found by secret scanners. */
  prefix: string;
  /**
   * The longest time that a change, such as a revocation, may go unnoticed: milliseconds, or text such as `'5s'`. Default 0: every
   * verification reads the store. With a window, tokens are remembered, and one small read of the change feed in each window
   * keeps them fresh, however many there are.
   */
  freshness?: Duration;
  /**
   * With a window, the most tokens that are remembered, 1 to 1,000,000. Default 10,000. A token whose stored record is longer than 2 KiB
   * counts as several. Beyond that those are forgotten that were not used for longest, and read again.
   */
  capacity?: number;
  /**
   * The clock: milliseconds since the epoch. Default `Date.now` beside the steady clock of the host: a reading that jumps ahead refuses at
   * once, and counts as the time only once it has held for a minute. With a clock of your own, jumps are not looked for.
   */
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
  /**
   * Seals what is stored: a value that was edited or swapped without this key is refused. Random bytes, 32 or more, or their hex
   * digits; while keys are changed, the new one and the old one. Losing it is losing all tokens.
   */
  recordKey?: RecordKey | readonly [newKey: RecordKey, oldKey: RecordKey];
  /**
   * How many shards the change feed of the store has: 16, 32 or 64. Default: as many as the store has, and 16 for an empty one. It is
   * fixed by the first change of the store; another number is refused from then on. More shards let more owners write at once from
   * several processes, and make the one read of each freshness window larger.
   */
  shards?: 16 | 32 | 64;
  /**
   * How the credentials begin that another system issued and `importKeys` took over. `digestOf`: what that system hashed, the whole
   * key or what follows the prefix.
   */
  imported?: readonly { prefix: string; digestOf: 'whole' | 'rest' }[];
  /**
   * Where uses are counted against limits. `exact`, the default: in the store, by compare and swap. `approximate`: in this
   * instance's memory, for a store that cannot commit or is far away; with N instances a token can be used up to N times as often.
   */
  limits?: 'exact' | 'approximate';
  /**
   * Whether the use of tokens is noted, for {@link Tokens.flush} to write. Default true. With `{ addresses: true }` also from where:
   * the last few addresses of each token, where `verify` is given the `ip`. They are data about people, so this has to be asked for.
   */
  usage?: boolean | UsageOptions;
  /**
   * Called for each failure that a verdict or background work keeps quiet about: the store did not answer, a stored value cannot be
   * read, the clock cannot be trusted. What a method throws is not told here too. Default: no call.
   */
  onError?: OnError;
}

/** What is noted of the use of tokens. */
export interface UsageOptions {
  /** Whether the addresses are noted that tokens are used from. Default false. */
  addresses?: boolean;
}

/** 32 to 256 bytes, or their hex digits. */
export type RecordKey = Uint8Array | string;

import type { VerifyAuditOptions } from '../api/audit.js';
import type { Catalog } from '../api/catalog.js';
import type { RequestContext } from '../api/conditions.js';
import { LeastkeyError } from '../api/errors.js';
import { type ErrorContext, type OnError, readOnError } from '../api/on-error.js';
import type { ResolveOptions } from '../api/selection.js';
import type { ReadStore, Store } from '../api/store.js';
import { type Duration, parseDuration } from '../input/duration.js';
import { suggestion } from '../input/nearest.js';
import { shown } from '../input/quote.js';
import { plainCopy, requireText } from '../input/values.js';
import { type Moment, steadyClock } from '../runtime/clock.js';
import type { Config, Question } from '../runtime/protocol.js';
import { withLocalCounters } from '../stores/local-counters.js';
import type { BulkOptions } from './bulk.js';
import type { ImportKeysOptions } from './import-keys.js';
import type { AdvanceOptions } from './jobs.js';
import type { MintOptions } from './mint.js';

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

/** What every operation can be given for one call. */
export interface CallOptions {
  /**
   * Ends the call early: it rejects with the signal's reason. A change that had been handed to the store by then may have
   * been applied.
   */
  signal?: AbortSignal;
}

/** What {@link Tokens.verify} can be given for one call. */
export interface VerifyOptions extends CallOptions, RequestContext {
  /** For this call in place of the one of {@link TokensOptions}. */
  freshness?: Duration;
  /**
   * How many uses to count against the token's limits. Absent: none, and limits are not looked at. 0: none, and the verdict tells how many
   * credits are left.
   */
  consume?: number;
  /**
   * Whether a yes is a use of the token. Default `true`. `false` for a question about it, such as an introspection: that is not counted,
   * and keeps no token from going idle.
   */
  use?: boolean;
}

/** What {@link Tokens.explain} can be given for one call. */
export interface ExplainOptions extends CallOptions, RequestContext {}

/** What {@link Tokens.exchange} can be given for one call: the conditions of the parent hold for the request that asks. */
export interface ExchangeOptions extends CallOptions, RequestContext {}

/** {@link TokensOptions}, read, with the defaults filled in. */
export interface Settings {
  store: Store;
  /** The store as verifications see it. */
  verifying: Store;
  /** Where the uses of limited tokens are counted, if `verifying` is another view of it. */
  counting?: Store;
  config: Config;
  catalogText: string;
  /** The longest time that a change may go unnoticed, in milliseconds. */
  freshness: number;
  /** The most tokens that are remembered. */
  capacity: number;
  /** The time by which tokens are refused: never before the highest instant that was taken for it. */
  now: () => number;
  /** The host's own reading of the clock. */
  reading: () => number;
  /** Both. */
  moment: () => Moment;
  /** An instant that was read, no later than the time is taken for. */
  believed: (instant: number) => number;
  entropy: ((bytes: Uint8Array) => void) | undefined;
  deadline: number;
  usage: boolean;
  /** Whether the use that is noted has addresses. */
  addresses: boolean;
  /** Tells the host of a failure that no caller is thrown. Never throws. */
  onError(error: unknown, context: ErrorContext): void;
}

const TOKENS_OPTIONS = [
  'catalog',
  'store',
  'prefix',
  'freshness',
  'capacity',
  'now',
  'entropy',
  'deadline',
  'recordKey',
  'imported',
  'shards',
  'limits',
  'usage',
  'onError',
] as const satisfies (keyof TokensOptions)[];

const SHARDS: readonly number[] = [16, 32, 64];

const USAGE_OPTIONS = ['addresses'] as const satisfies (keyof UsageOptions)[];

const CALL_OPTIONS = ['signal'] as const satisfies (keyof CallOptions)[];

const CONTEXT_OPTIONS = ['signal', 'ip', 'origin', 'audience'] as const satisfies (keyof ExplainOptions)[];

const VERIFY_OPTIONS = [
  ...CONTEXT_OPTIONS,
  'freshness',
  'consume',
  'use',
] as const satisfies (keyof VerifyOptions)[];

const VERIFY_AUDIT_OPTIONS = [
  'after',
  'onProgress',
  'signal',
] as const satisfies (keyof VerifyAuditOptions)[];

const BULK_OPTIONS = ['dryRun', 'onProgress', 'signal'] as const satisfies (keyof BulkOptions)[];

const MINT_OPTIONS = ['id'] as const satisfies (keyof MintOptions)[];

const RESOLVE_OPTIONS = ['tree'] as const satisfies (keyof ResolveOptions)[];

const LONGEST_DEADLINE = 600_000;

const LARGEST_CAPACITY = 1_000_000;

/** Refuses what is no object, and any member that is not known, with the nearest name that is. */
export function refuseUnknownOptions(options: unknown, known: readonly string[], of: string): void {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options', `${of} expects an object with ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw wrong(shown(name), `unknown option "${shown(name)}" of ${of}${suggestion(name, known)}`);
  }
}

/** Reads the options of `createTokens`. */
export function readTokensOptions(options: TokensOptions): Settings {
  refuseUnknownOptions(options, TOKENS_OPTIONS, 'createTokens');
  const store = readStore(options.store, ['get', 'list', 'commit']);
  return readSettings(options, store);
}

/** Reads the options that every deployment has, on a store that was read already. */
export function readSettings(options: Omit<TokensOptions, 'store'>, store: Store): Settings {
  const { catalog, prefix, freshness, now, entropy, deadline = 10_000 } = options;
  const { capacity = 10_000, recordKey, imported, shards, limits = 'exact', usage = true } = options;
  if (typeof prefix !== 'string') throw wrong('prefix', 'expected a text such as "acme_live"');
  if (now !== undefined && typeof now !== 'function')
    throw wrong('now', 'expected a function that returns milliseconds');
  if (entropy !== undefined && typeof entropy !== 'function') {
    throw wrong('entropy', 'expected a function that fills a Uint8Array');
  }
  if (!Number.isInteger(deadline) || deadline < 1 || deadline > LONGEST_DEADLINE) {
    throw wrong('deadline', `expected whole milliseconds from 1 to ${LONGEST_DEADLINE}`);
  }
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > LARGEST_CAPACITY) {
    throw wrong('capacity', `expected a whole number from 1 to ${LARGEST_CAPACITY}`);
  }
  if (shards !== undefined && !SHARDS.includes(shards)) throw wrong('shards', 'expected 16, 32 or 64');
  if (limits !== 'exact' && limits !== 'approximate')
    throw wrong('limits', 'expected "exact" or "approximate"');
  const onError = readOnError(options.onError);
  const clock =
    now === undefined
      ? steadyClock(
          () => Date.now(),
          () => performance.now(),
          (error) => onError(error, { operation: 'clock' }),
        )
      : steadyClock(now);
  return {
    store,
    verifying: limits === 'exact' ? store : withLocalCounters(store),
    config: {
      prefix,
      ...(recordKey !== undefined && { recordKeys: readRecordKeys(recordKey) }),
      ...(imported !== undefined && { imported: plainCopy(imported, 'imported') }),
      ...(shards !== undefined && { shards }),
    },
    catalogText: catalogText(catalog),
    freshness: freshness === undefined ? 0 : parseDuration(freshness, 'freshness'),
    capacity,
    now: () => clock.now(),
    reading: () => clock.reading(),
    moment: () => clock.moment(),
    believed: (instant) => clock.believed(instant),
    entropy,
    deadline,
    ...readUsage(usage),
    onError,
  };
}

function readUsage(usage: boolean | UsageOptions): Pick<Settings, 'usage' | 'addresses'> {
  if (typeof usage === 'boolean') return { usage, addresses: false };
  if (typeof usage !== 'object' || usage === null)
    throw wrong('usage', 'expected true, false or { addresses: true }');
  refuseUnknownOptions(usage, USAGE_OPTIONS, 'usage');
  const { addresses = false } = usage;
  if (typeof addresses !== 'boolean') throw wrong('usage.addresses', 'expected true or false');
  return { usage: true, addresses };
}

/** As hex digits, the new key first. */
function readRecordKeys(recordKey: NonNullable<TokensOptions['recordKey']>): string[] {
  const keys: readonly unknown[] = Array.isArray(recordKey) ? recordKey : [recordKey];
  return keys.map((key) => {
    // By its tag, because an array of another realm is an instance of nothing here.
    const bytes = Object.prototype.toString.call(key) === '[object Uint8Array]';
    const text = bytes
      ? Array.from(key as Uint8Array, (byte) => byte.toString(16).padStart(2, '0')).join('')
      : key;
    if (typeof text === 'string' && /^(?:[0-9a-fA-F]{2}){32,256}$/.test(text) && keys.length <= 2)
      return text;
    throw wrong(
      'recordKey',
      'expected 32 to 256 bytes or their hex digits, or an array of two of them: the new key and the old one',
    );
  });
}

/** Takes a store that has the `calls` which are needed, and lets nobody take Workers KV for one. */
export function readStore<S extends ReadStore>(store: S, calls: readonly (keyof S & keyof Store)[]): S {
  const found = store as Partial<Store> & { getWithMetadata?: unknown };
  if (typeof found?.getWithMetadata === 'function' && typeof found.commit !== 'function') {
    throw wrong(
      'store',
      'Workers KV cannot be one: a read may be a minute or more behind a write, so a revocation would not count, and it has no compare-and-swap. Use D1 (leastkey/stores/d1) or a Durable Object (leastkey/stores/durable-object)',
    );
  }
  const missing = calls.find((call) => typeof found?.[call] !== 'function');
  if (missing === undefined) return store;
  const all = calls.length === 1 ? calls[0] : `${calls.slice(0, -1).join(', ')} and ${calls.at(-1)}`;
  throw wrong('store', `expected an object with ${all}; ${missing} is no function`);
}

/** Reads the options of one call of the operation `of`. */
export function readCallOptions(options: CallOptions, of: string): AbortSignal | undefined {
  refuseUnknownOptions(options, CALL_OPTIONS, of);
  return readSignal(options.signal);
}

/** Reads the options of one `verify`, `explain` or `exchange`: what the core is asked, and the signal. */
export function readQuestion(
  requirement: unknown,
  options: VerifyOptions,
  of: 'verify' | 'explain' | 'exchange',
): { question: Question; freshness: number | undefined; signal: AbortSignal | undefined } {
  refuseUnknownOptions(options, of === 'verify' ? VERIFY_OPTIONS : CONTEXT_OPTIONS, of);
  const { signal, consume, use, ip, origin, audience } = options;
  if (use !== undefined && typeof use !== 'boolean')
    throw new LeastkeyError('invalid_input', 'use: expected true or false', { path: 'use' });
  const freshness =
    options.freshness === undefined ? undefined : parseDuration(options.freshness, 'freshness');
  const question: Question = {};
  if (requirement !== undefined) question.requirement = plainCopy(requirement, 'requirement');
  if (consume !== undefined) question.consume = plainCopy(consume, 'consume') as number;
  if (ip !== undefined || origin !== undefined || audience !== undefined) {
    question.context = plainCopy({ ip, origin, audience }, '') as RequestContext;
  }
  return { question, freshness, signal: readSignal(signal) };
}

/** Reads how a call that goes through many tokens or rows is to be run. */
export function readBulkOptions<O extends BulkOptions | ImportKeysOptions>(
  options: O,
  of: string,
  more: readonly string[] = [],
): O {
  refuseUnknownOptions(options, [...BULK_OPTIONS, ...more], of);
  const { dryRun, onProgress, signal } = options;
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw wrong('dryRun', 'expected true or false');
  readProgress(onProgress);
  readSignal(signal);
  return options;
}

/** Reads how a job is to be advanced. */
export function readAdvanceOptions(options: AdvanceOptions): AdvanceOptions {
  refuseUnknownOptions(options, ['onProgress', 'signal'], 'advance');
  readProgress(options.onProgress);
  readSignal(options.signal);
  return options;
}

/** Reads how an audit is to be checked. */
export function readVerifyAuditOptions(options: VerifyAuditOptions): VerifyAuditOptions {
  refuseUnknownOptions(options, VERIFY_AUDIT_OPTIONS, 'verifyAudit');
  readProgress(options.onProgress);
  readSignal(options.signal);
  return options;
}

/** A callback that is told how far a call has come. */
function readProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrong('onProgress', 'expected a function');
}

/** By its members, because a signal of another realm is an instance of nothing here. */
function readSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal;
  throw wrong('signal', 'expected the signal of an AbortController');
}

/** Reads the options of one `mint`: the id of a token that exists, if it is to be of one. */
export function readMintOptions(options: MintOptions): string | undefined {
  refuseUnknownOptions(options, MINT_OPTIONS, 'mint');
  return options.id === undefined ? undefined : requireText(options.id, 'id');
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

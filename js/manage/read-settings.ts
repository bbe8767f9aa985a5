import { hasMonotonicClock } from '#load/host';
import type { Catalog } from '../api/catalog.js';
import { LeastkeyError } from '../api/errors.js';
import type { ReadStore, Store } from '../api/store.js';
import type { TokensOptions, UsageOptions } from '../api/tokens-options.js';
import type { WasmSources } from '../api/wasm-source.js';
import type { GivenLoader } from '../core/instances.js';
import { givenModule } from '../core/load/given.js';
import { parseDuration } from '../input/duration.js';
import { invalidInput, readOnError, readOnWarning, refuseUnknownOptions } from '../input/options.js';
import { copyPlain } from '../input/values.js';
import { type Clock, guardedClock, hostClock, soleClock } from '../runtime/clock.js';
import type { FlushRule, Settings } from '../runtime/settings.js';
import { withLocalCounters } from '../stores/local-counters.js';
import { checkOptions, FOREIGN_OPTIONS } from './check-options.js';

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
  'onWarning',
  'check',
  'module',
] as const satisfies (keyof TokensOptions)[];

const SHARDS: readonly number[] = [16, 32, 64];

const MODULES = ['verify', 'manage'] as const satisfies (keyof WasmSources)[];

const USAGE_OPTIONS = ['addresses', 'flush', 'waitUntil'] as const satisfies (keyof UsageOptions)[];

const FLUSH_INTERVAL = '5s';

const DEADLINE = '10s';

const MAX_DEADLINE = 600_000;

const MAX_CAPACITY = 1_000_000;

/** Reads the options of `createTokens`. */
export function readTokensOptions(options: TokensOptions): {
  settings: Settings;
  check: TokensOptions['check'];
  verifyModule: GivenLoader | undefined;
  manageModule: GivenLoader | undefined;
} {
  refuseUnknownOptions(options, TOKENS_OPTIONS, 'createTokens', FOREIGN_OPTIONS);
  checkOptions(options);
  const { check, module = {} } = options;
  if (check !== undefined && check !== 'start' && check !== 'first')
    throw invalidInput('check', 'expected "start" or "first"');
  refuseUnknownOptions(module, MODULES, 'module');
  const store = readStore(options.store, ['get', 'list', 'commit']);
  return {
    settings: { ...readSettings(options, store), onWarning: readOnWarning(options.onWarning) },
    check,
    verifyModule: givenModule(module.verify, 'module.verify'),
    manageModule: givenModule(module.manage, 'module.manage'),
  };
}

/** Reads the options that all deployments share. `store` has been checked. */
export function readSettings(
  options: Omit<TokensOptions, 'store' | 'check' | 'module'>,
  store: Store,
): Settings {
  const { catalog, prefix, freshness, now, entropy } = options;
  const { capacity = 10_000, recordKey, imported, shards, limits = 'exact', usage = true } = options;
  if (typeof prefix !== 'string') throw invalidInput('prefix', 'expected a text such as "acme_live"');
  if (now !== undefined && typeof now !== 'function')
    throw invalidInput('now', 'expected a function that returns milliseconds');
  if (entropy !== undefined && typeof entropy !== 'function') {
    throw invalidInput('entropy', 'expected a function that fills a Uint8Array');
  }
  const deadline = parseDuration(options.deadline ?? DEADLINE, 'deadline');
  if (deadline < 1 || deadline > MAX_DEADLINE)
    throw invalidInput('deadline', 'expected a duration from "1ms" to "10m"');
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw invalidInput('capacity', `expected a whole number from 1 to ${MAX_CAPACITY}`);
  }
  if (shards !== undefined && !SHARDS.includes(shards)) throw invalidInput('shards', 'expected 16, 32 or 64');
  if (limits !== 'exact' && limits !== 'approximate')
    throw invalidInput('limits', 'expected "exact" or "approximate"');
  const onError = readOnError(options.onError);
  const clock = now === undefined ? platformClock(onError) : hostClock(now);
  return {
    store,
    verifying: limits === 'exact' ? store : withLocalCounters(store),
    config: {
      prefix,
      ...(recordKey !== undefined && { recordKeys: readRecordKeys(recordKey) }),
      ...(imported !== undefined && { imported: copyPlain(imported, 'imported') }),
      ...(shards !== undefined && { shards }),
    },
    catalogText: catalogText(catalog),
    freshness: freshness === undefined ? 0 : parseDuration(freshness, 'freshness'),
    capacity,
    clock,
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

/** `Date.now`, with the clock that it is compared with where there is one. */
function platformClock(onError: Settings['onError']): Clock {
  if (!hasMonotonicClock) return soleClock(() => Date.now());
  return guardedClock(
    () => Date.now(),
    () => performance.now(),
    (error) => onError(error, { operation: 'clock' }),
  );
}

function readUsage(usage: boolean | UsageOptions): Pick<Settings, 'usage' | 'addresses' | 'flush'> {
  if (usage === false) return { usage, addresses: false, flush: undefined };
  if (usage !== true && (typeof usage !== 'object' || usage === null))
    throw invalidInput('usage', 'expected true, false or { addresses, flush, waitUntil }');
  const options = usage === true ? {} : usage;
  refuseUnknownOptions(options, USAGE_OPTIONS, 'usage');
  const { addresses = false } = options;
  if (typeof addresses !== 'boolean') throw invalidInput('usage.addresses', 'expected true or false');
  return { usage: true, addresses, flush: readFlush(options, 'usage.') };
}

/**
 * How uses are flushed. A timer of a worker ends with its request, so there it needs `waitUntil`.
 */
export function readFlush(
  { flush = FLUSH_INTERVAL, waitUntil }: Pick<UsageOptions, 'flush' | 'waitUntil'>,
  path: string,
): FlushRule | undefined {
  if (waitUntil !== undefined && typeof waitUntil !== 'function')
    throw invalidInput(`${path}waitUntil`, 'expected a function (work) => context.waitUntil(work)');
  if (flush === false) return undefined;
  const interval = parseDuration(flush, `${path}flush`);
  return waitUntil === undefined && !hasMonotonicClock ? undefined : { interval, waitUntil };
}

/** In hex, the new key first. */
function readRecordKeys(recordKey: NonNullable<TokensOptions['recordKey']>): string[] {
  const keys: readonly unknown[] = Array.isArray(recordKey) ? recordKey : [recordKey];
  return keys.map((key) => {
    // By its tag: an array of another realm fails `instanceof`.
    const bytes = Object.prototype.toString.call(key) === '[object Uint8Array]';
    const text = bytes
      ? Array.from(key as Uint8Array, (byte) => byte.toString(16).padStart(2, '0')).join('')
      : key;
    if (typeof text === 'string' && /^(?:[0-9a-fA-F]{2}){32,256}$/.test(text) && keys.length <= 2)
      return text;
    throw invalidInput(
      'recordKey',
      'expected 32 to 256 bytes or their hex digits, or an array of two of them: the new key and the old one',
    );
  });
}

/** Requires a store with `calls`, and refuses Workers KV with an explanation. */
export function readStore<S extends ReadStore>(store: S, calls: readonly (keyof S & keyof Store)[]): S {
  const found = store as Partial<Store> & { getWithMetadata?: unknown };
  if (typeof found?.getWithMetadata === 'function' && typeof found.commit !== 'function') {
    throw invalidInput(
      'store',
      'Workers KV cannot be one: its reads may be a minute or more behind its writes, so a revocation would take effect late, and it has no compare-and-swap. Use D1 (leastkey/stores/d1) or a Durable Object (leastkey/stores/durable-object)',
    );
  }
  const missing = calls.find((call) => typeof found?.[call] !== 'function');
  if (missing === undefined) return store;
  const all = calls.length === 1 ? calls[0] : `${calls.slice(0, -1).join(', ')} and ${calls.at(-1)}`;
  throw invalidInput('store', `expected an object with ${all}; ${missing} is no function`);
}

export function catalogText(catalog: Catalog): string {
  if (typeof catalog !== 'object' || catalog === null) throw invalidInput('catalog', 'expected an object');
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

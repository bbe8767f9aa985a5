import type { Problem } from '../api/codes.js';
import type { ErrorContext } from '../api/on-error.js';
import type { Store } from '../api/store.js';
import type { WaitUntil } from '../api/usage.js';
import type { Clock, Moment } from './clock.js';
import type { Config } from './protocol.js';

/** How uses are flushed without a call of the host. */
export interface FlushRule {
  /** Milliseconds between flushes. */
  interval: number;
  /** In place of a timer, for runtimes that end with their requests. */
  waitUntil: WaitUntil | undefined;
}

/** {@link TokensOptions} after reading, with defaults. */
export interface Settings {
  store: Store;
  /** The store for verifications. */
  verifying: Store;
  /** The store that counts uses, if `verifying` is another view of it. */
  counting?: Store;
  config: Config;
  catalogText: string;
  /** The freshness window, in milliseconds. */
  freshness: number;
  /** The capacity of the token cache. */
  capacity: number;
  /** What the members below read. A cache hit calls it directly. */
  clock: Clock;
  /** The time for refusals: never before the highest trusted reading. */
  now: () => number;
  /** The host's clock reading. */
  reading: () => number;
  /** Both. */
  moment: () => Moment;
  /** An instant that was read, capped at the trusted time. */
  believed: (instant: number) => number;
  entropy: ((bytes: Uint8Array) => void) | undefined;
  deadline: number;
  usage: boolean;
  /** Whether addresses are recorded with the use. */
  addresses: boolean;
  /** How uses are flushed by themselves; absent: only by calls of `flush`. */
  flush: FlushRule | undefined;
  /** Reports a failure that no call throws. Never throws itself. */
  onError(error: unknown, context: ErrorContext): void;
  /** Reports a warning of the catalog. Never throws itself. */
  onWarning?(warning: Problem): void;
}

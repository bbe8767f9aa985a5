import type { ErrorContext } from '../api/on-error.js';
import type { Store } from '../api/store.js';
import type { Moment } from './clock.js';
import type { Config } from './protocol.js';

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

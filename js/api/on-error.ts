/**
 * Reports of failures that no call throws: those behind a verdict, a response or background work.
 */

import type { GuardRequest } from './call.js';

/** Where a failure happened. */
export interface ErrorContext<R extends GuardRequest = GuardRequest> {
  /**
   * The method that failed, such as `verify`; `guard` or `handler` for a request. A failure that
   * both a guard and its tokens see is reported to the `onError` of each.
   */
  operation: string;
  /** The request that a guard or a handler answered. */
  request?: R;
}

/**
 * Called for failures of the store, the clock and the host's own functions, and for unreadable
 * stored values. `error` has the cause, which may name hosts and files: log it, and show it nowhere
 * else. What this function throws or rejects with is ignored.
 */
export type OnError<R extends GuardRequest = GuardRequest> = (
  error: unknown,
  context: ErrorContext<R>,
) => void | Promise<void>;

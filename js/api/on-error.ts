/** What a host is told of failures that no caller is thrown: those behind a verdict, an answer or background work. */

import type { GuardRequest } from './call.js';

/** Where a failure happened. */
export interface ErrorContext<R extends GuardRequest = GuardRequest> {
  /**
   * The method that failed, such as `verify`; `guard` and `handler` for a request. A failure that both a guard and the tokens behind it
   * can tell of is told to the `onError` of each.
   */
  operation: string;
  /** The request, where a guard or a handler answered one. */
  request?: R;
}

/**
 * Is told of failures of the store, the clock and the host's own functions, and of stored values that cannot be read. `error` has
 * the cause, which may name hosts and files: it belongs in the host's log and nowhere else. What it throws or rejects with is ignored.
 */
export type OnError<R extends GuardRequest = GuardRequest> = (
  error: unknown,
  context: ErrorContext<R>,
) => void | Promise<void>;

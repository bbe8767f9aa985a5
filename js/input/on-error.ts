import { LeastkeyError } from '../api/errors.js';
import type { ErrorContext, OnError } from '../api/on-error.js';
import type { GuardRequest } from '../api/request.js';

/** Reads the option `onError`. The function that is answered never throws. */
export function readOnError<R extends GuardRequest>(
  onError: OnError<R> | undefined,
): (error: unknown, context: ErrorContext<R>) => void {
  if (onError === undefined) return () => {};
  if (typeof onError !== 'function') {
    throw new LeastkeyError('invalid_input', 'onError: expected a function', { path: 'onError' });
  }
  return (error, context) => {
    try {
      // An `async` function rejects, which nobody would handle.
      Promise.resolve(onError(error, context)).catch(() => {});
    } catch {}
  };
}

import type { CallOptions, GuardRequest } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { ErrorContext, OnError } from '../api/on-error.js';
import { didYouMean, showName } from './did-you-mean.js';

/** Refuses what is no object, and any member that is not known, with the nearest name that is. */
export function refuseUnknownOptions(options: unknown, known: readonly string[], of: string): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidInput('options', `${of} expects an object with ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw invalidInput(
      showName(name),
      `unknown option "${showName(name)}" of ${of}${didYouMean(name, known)}`,
    );
  }
}

const CALL_OPTIONS = ['signal'] as const satisfies (keyof CallOptions)[];

/** Reads the options of one call of the operation `of`. */
export function readCallOptions(options: CallOptions, of: string): AbortSignal | undefined {
  refuseUnknownOptions(options, CALL_OPTIONS, of);
  return readSignal(options.signal);
}

/** A callback that is told how far a call has come. */
export function readProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidInput('onProgress', 'expected a function');
}

/** By its members, because a signal of another realm is an instance of nothing here. */
export function readSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal;
  throw invalidInput('signal', 'expected the signal of an AbortController');
}

export function invalidInput(path: string, message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', path === 'options' ? message : `${path}: ${message}`, { path });
}

/** Printable ASCII, as the conditions of tokens have it. */
const AUDIENCE = /^[ -~]{1,256}$/;

/** Reads the option `audience`: what a service is called. Once, so that a mistake in it is no failure of each request. */
export function readAudience(audience: string | undefined): string | undefined {
  if (audience === undefined || (typeof audience === 'string' && AUDIENCE.test(audience))) return audience;
  throw new LeastkeyError('invalid_input', 'audience: expected 1 to 256 printable ASCII characters', {
    path: 'audience',
  });
}

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

import type { CallOptions, GuardRequest } from '../api/call.js';
import type { Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import type { ErrorContext, OnError } from '../api/on-error.js';
import { didYouMean, showName } from './did-you-mean.js';

/**
 * Requires an object, and refuses unknown members with the nearest known name. `elsewhere`: members
 * that are sought here, each with what is right.
 */
export function refuseUnknownOptions(
  options: unknown,
  known: readonly string[],
  of: string,
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidInput('options', `${of} expects an object with ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const right = Object.hasOwn(elsewhere, name) ? `; ${elsewhere[name]}` : didYouMean(name, known);
    throw invalidInput(showName(name), `unknown option "${showName(name)}" of ${of}${right}`);
  }
}

const CALL_OPTIONS = ['signal'] as const satisfies (keyof CallOptions)[];

/** Reads the options that every operation takes. `of`: its name, for errors. */
export function readCallOptions(options: CallOptions, of: string): AbortSignal | undefined {
  // It has no members of its own that could be refused.
  if (isSignal(options))
    throw invalidInput('signal', 'got an AbortSignal in place of options; write { signal }');
  refuseUnknownOptions(options, CALL_OPTIONS, of);
  return readSignal(options.signal);
}

/** Requires a callback for progress. */
export function readProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidInput('onProgress', 'expected a function');
}

/** Requires an `AbortSignal`, by its members: one of another realm fails `instanceof`. */
export function readSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw invalidInput('signal', 'expected the signal of an AbortController: controller.signal');
}

function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

/** What a value is, for messages: `an object`, `a text`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

export function invalidInput(path: string, message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', path === 'options' ? message : `${path}: ${message}`, { path });
}

/** Printable ASCII, as in the conditions of tokens. */
const AUDIENCE = /^[ -~]{1,256}$/;

/** Whether a value can be the name of a service. */
export function isAudience(value: unknown): value is string {
  return typeof value === 'string' && AUDIENCE.test(value);
}

/** Reads the option `audience`: the name of a service. */
export function readAudience(audience: string | undefined): string | undefined {
  if (audience === undefined || isAudience(audience)) return audience;
  throw new LeastkeyError('invalid_input', 'audience: expected 1 to 256 printable ASCII characters', {
    path: 'audience',
  });
}

/** Reads the option `onWarning`. The returned function never throws. */
export function readOnWarning(
  onWarning: ((warning: Problem) => void) | undefined,
): (warning: Problem) => void {
  if (onWarning !== undefined && typeof onWarning !== 'function')
    throw invalidInput('onWarning', 'expected a function');
  const report = readOnError(onWarning && ((warning) => onWarning(warning as Problem)));
  return (warning) => report(warning, { operation: 'catalog' });
}

/** Reads the option `onError`. The returned function never throws. */
export function readOnError<R extends GuardRequest>(
  onError: OnError<R> | undefined,
): (error: unknown, context: ErrorContext<R>) => void {
  if (onError === undefined) return () => {};
  if (typeof onError !== 'function')
    throw invalidInput('onError', `expected a function (error, context) => …, got ${kindOf(onError)}`);
  return (error, context) => {
    try {
      // An `async` function may reject, which must not go unhandled.
      Promise.resolve(onError(error, context)).catch(() => {});
    } catch {}
  };
}

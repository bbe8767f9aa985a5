import type { CallOptions } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
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

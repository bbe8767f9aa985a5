import type { ErrorCode } from '../codes.js';
import { LeastkeyError } from '../errors.js';

/**
 * An error that may cross a remote call of workerd. Of what is thrown there, the message alone arrives, with the name in front of it,
 * unless the worker has the flag `enhanced_error_serialization`. So the message ends with the code.
 */
export function carrying(code: ErrorCode, message: string, details: { cause?: unknown } = {}): LeastkeyError {
  return new LeastkeyError(code, `${message} [${code}]`, details);
}

/** An error as it was before it crossed a remote call. One of another kind stays as it arrived. */
export function restored(error: unknown): unknown {
  const { name, code, message, path } = (error ?? {}) as Partial<LeastkeyError>;
  if (typeof message !== 'string') return error;
  if (name === 'LeastkeyError' && typeof code === 'string') {
    return new LeastkeyError(code, message.replace(` [${code}]`, ''), { path, cause: error });
  }
  const [, text, carried] = /^LeastkeyError: (.*) \[([a-z_]+)\]$/s.exec(message) ?? [];
  return text === undefined ? error : new LeastkeyError(carried as ErrorCode, text, { cause: error });
}

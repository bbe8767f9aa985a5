import type { ErrorCode } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';

/**
 * An error that may cross a remote call of workerd. Without the flag `enhanced_error_serialization`
 * workerd transfers only `<name>: <message>`, so the code is appended to the message.
 */
export function carrying(code: ErrorCode, message: string, details: { cause?: unknown } = {}): LeastkeyError {
  return new LeastkeyError(code, `${message} [${code}]`, details);
}

/** The error of {@link carrying}, after a remote call. Any other error is returned unchanged. */
export function restored(error: unknown): unknown {
  const { name, code, message, path } = (error ?? {}) as Partial<LeastkeyError>;
  if (typeof message !== 'string') return error;
  if (name === 'LeastkeyError' && typeof code === 'string') {
    return new LeastkeyError(code, message.replace(` [${code}]`, ''), { path, cause: error });
  }
  const [, text, carried] = /^LeastkeyError: (.*) \[([a-z_]+)\]$/s.exec(message) ?? [];
  return text === undefined ? error : new LeastkeyError(carried as ErrorCode, text, { cause: error });
}

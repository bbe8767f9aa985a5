import type { LeastkeyError } from '../api/errors.js';

/** The mark of `LeastkeyError`. Importing the class would load the core's loaders for `--help`. */
const BRAND = Symbol.for('leastkey.error');

/** Whether an error is a `LeastkeyError`, of any copy of the package. */
export function isLeastkeyError(error: unknown): error is LeastkeyError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

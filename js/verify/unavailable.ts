/** Verdicts caused by a failure: they report it to `onError`, and a guard finds the error again. */

import { type ErrorCode, WRAPPER_REFUSALS } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import type { ErrorContext } from '../api/on-error.js';
import type { FlatVerdict } from '../core/flat-verdict.js';

import type { Reads } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { foreignStoreError } from '../stores/store-meta.js';

/** The part of the settings that reports errors. */
interface ErrorReporting {
  onError(error: unknown, context: ErrorContext): void;
}

/** By the verdict, which goes to callers and must not contain the error. */
const causes = /* @__PURE__ */ new WeakMap<FlatVerdict, LeastkeyError>();

/** The most keys that a message names. */
const MAX_NAMED_KEYS = 8;

/** The verdict after a failure. It is never valid. */
export function unavailableVerdict(
  settings: ErrorReporting,
  failure: unknown,
  asOf: number,
  operation = 'verify',
): FlatVerdict {
  const error = storeError(failure);
  return reportVerdict(settings, { valid: false, ...failureRefusal(error.code), asOf }, error, operation);
}

/** A verdict of the core. If stored values were unusable, reports why, or which keys were read. */
export function reportDamage(
  settings: ErrorReporting & Pick<Settings, 'config'>,
  verdict: FlatVerdict,
  reads: Reads,
  operation = 'verify',
): FlatVerdict {
  if (verdict.code !== 'store_unavailable' || causes.has(verdict)) return verdict;
  const foreign = foreignStoreError(reads, settings.config.prefix);
  if (foreign !== undefined) return reportVerdict(settings, verdict, foreign, operation);
  const { values } = reads;
  const keys = values.slice(0, MAX_NAMED_KEYS).map(([key]) => key);
  const more = values.length > keys.length ? ' and others' : '';
  const error = new LeastkeyError(
    'store_unavailable',
    `a stored value cannot be read: it is damaged, sealed with another key, or missing. Keys read: ${keys.join(', ')}${more}`,
  );
  return reportVerdict(settings, verdict, error, operation);
}

/** The refusal for the code of a failure; `store_unavailable` for any other code. */
function failureRefusal(code: string) {
  const { clockUnreliable, deadlineExceeded, storeUnavailable } = WRAPPER_REFUSALS;
  return [clockUnreliable, deadlineExceeded].find((refusal) => refusal.code === code) ?? storeUnavailable;
}

function reportVerdict(
  settings: ErrorReporting,
  verdict: FlatVerdict,
  error: LeastkeyError,
  operation: string,
): FlatVerdict {
  causes.set(verdict, error);
  settings.onError(error, { operation });
  return verdict;
}

/** Gives a verdict the error behind `other`. */
export function withSameCause(verdict: FlatVerdict, other: FlatVerdict): FlatVerdict {
  const cause = causes.get(other);
  if (cause !== undefined) causes.set(verdict, cause);
  return verdict;
}

/** The error behind a verdict that a failure caused. */
export function causeOf(verdict: FlatVerdict): LeastkeyError {
  const { code } = failureRefusal(verdict.code);
  const cause = causes.get(verdict);
  // A store may throw an error of this package with another code than that of the verdict.
  return cause?.code === code
    ? cause
    : new LeastkeyError(code, 'the credential could not be verified', { cause });
}

/** Codes of store failures. The message of any other code would reach a client as its own fault. */
const STORE_CODES: readonly ErrorCode[] = [
  'store_unavailable',
  'clock_unreliable',
  'deadline_exceeded',
  'outcome_unknown',
  'internal',
];

/**
 * The error for a store failure. A foreign message may name hosts and passwords: it stays in
 * `cause`.
 */
export function storeError(cause: unknown): LeastkeyError {
  if (cause instanceof LeastkeyError && STORE_CODES.includes(cause.code)) return cause;
  return new LeastkeyError('store_unavailable', 'the store could not be read; the cause says why', { cause });
}

import type { ErrorCode, Problem } from './codes.js';
import type { ImportReport } from './import-keys.js';
import type { BulkReport } from './sweep.js';

interface Details {
  path?: string | undefined;
  problems?: readonly Problem[] | undefined;
  cause?: unknown;
  report?: BulkReport | ImportReport;
}

/**
 * The error class of this package. Branch on `code`; `message` is for people, and never holds a
 * secret.
 *
 * @example
 * try {
 *   await tokens.create(input, actor);
 * } catch (error) {
 *   if (error instanceof LeastkeyError && error.code === 'name_taken') askForAnotherName();
 *   else throw error;
 * }
 */
export class LeastkeyError extends Error {
  override readonly name = 'LeastkeyError';
  readonly code: ErrorCode;
  /** The wrong option or member, if there is one. */
  readonly path?: string;
  /** All problems, if there can be several: those of a catalog. */
  readonly problems?: readonly Problem[];
  /** The progress of a call over many tokens or rows. The same call continues with the rest. */
  readonly report?: BulkReport | ImportReport;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.problems !== undefined) this.problems = details.problems;
    if (details.report !== undefined) this.report = details.report;
  }

  /** This error with the progress of its call. */
  with(report: BulkReport | ImportReport): LeastkeyError {
    const { code, message, path, problems, cause } = this;
    return new LeastkeyError(code, message, { path, problems, cause, report });
  }
}

import type { BulkReport } from './bulk.js';
import type { ErrorCode, Problem } from './codes.js';
import type { ImportReport } from './import-keys.js';

interface Details {
  path?: string | undefined;
  problems?: readonly Problem[] | undefined;
  cause?: unknown;
  report?: BulkReport | ImportReport;
}

/**
 * The one error class. Branch on `code`; `message` is for people and never holds a secret.
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
  /** The option or member that is wrong, where there is one. */
  readonly path?: string;
  /** Everything that is wrong, where several things can be: a catalog's problems. */
  readonly problems?: readonly Problem[];
  /**
   * How far a call had come that goes through many tokens or rows. What is done is done; the same
   * call finds the rest.
   */
  readonly report?: BulkReport | ImportReport;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.problems !== undefined) this.problems = details.problems;
    if (details.report !== undefined) this.report = details.report;
  }

  /** This error, with how far its call had come. */
  with(report: BulkReport | ImportReport): LeastkeyError {
    const { code, message, path, problems, cause } = this;
    return new LeastkeyError(code, message, { path, problems, cause, report });
  }
}

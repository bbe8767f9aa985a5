import type { ErrorCode, Problem } from './codes.js';
import type { ImportReport } from './import-keys.js';
import type { BulkReport } from './sweep.js';

interface Details {
  path?: string | undefined;
  problems?: readonly Problem[] | undefined;
  cause?: unknown;
  report?: BulkReport | ImportReport;
}

/** Marks the errors of all copies of this package. */
const BRAND = /* @__PURE__ */ Symbol.for('leastkey.error');

/**
 * The error class of this package. Branch on `code`; `message` is for people, and never holds a
 * secret. `instanceof` recognises the errors of every copy of the package in a process.
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
  declare readonly path?: string;
  /** All problems, if there can be several: those of a catalog. */
  declare readonly problems?: readonly Problem[];
  /** The progress of a call over many tokens or rows. The same call continues with the rest. */
  declare readonly report?: BulkReport | ImportReport;

  static override [Symbol.hasInstance](value: unknown): value is LeastkeyError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.problems !== undefined) this.problems = details.problems;
    if (details.report !== undefined) this.report = details.report;
  }

  /** This error with the progress of its call. */
  with(report: BulkReport | ImportReport): LeastkeyError {
    const { code, message, path, problems, cause } = this;
    // Not by its name: a bundler would rename a class that names itself.
    return new (this.constructor as typeof LeastkeyError)(code, message, { path, problems, cause, report });
  }
}

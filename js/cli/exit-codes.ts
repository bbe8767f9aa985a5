import { isLeastkeyError } from './is-leastkey-error.js';
import { OutputError } from './output.js';

/** The exit codes, for scripts. The help text shows this table. */
export const exits = {
  done: 0,
  refused: 1,
  usage: 2,
  unavailable: 3,
  unwritten: 4,
  interrupted: 130,
} as const;

export const exitHelp = `
Exit codes:
  0  done; for verify: the credential is valid
  1  refused: the credential is not valid, or the operation is not possible or allowed
  2  wrong usage of the command
  3  the store, the API or the clock is not available, or the outcome is unknown: try again
  4  done, but standard output did not take the result. For create and rotate that is the
     credential, which is lost: standard error says how to end it
  130  interrupted by Ctrl-C; standard error says what was done`;

/** A mistake in the command line. */
export class UsageError extends Error {}

/** The user declined. */
export class Declined extends Error {}

/** Ctrl-C. */
export class Interrupted extends Error {}

/** A new credential could not be printed. */
export class CredentialLost extends Error {
  readonly id: string;

  /**
   * @param did what happened to the token, such as `was made`
   * @param undo the command that ends the credential
   */
  constructor(id: string, did: string, undo: string, cause: unknown) {
    const why = cause instanceof OutputError ? ` (${cause.message})` : '';
    super(
      `token ${id} ${did}, but its credential could not be printed${why}, so nobody has it; end it: ${undo}`,
      { cause },
    );
    this.id = id;
  }
}

/** The exit code of an error. */
export function exitOf(error: unknown): number {
  if (error instanceof UsageError) return exits.usage;
  if (error instanceof Declined) return exits.refused;
  if (error instanceof Interrupted) return exits.interrupted;
  if (error instanceof CredentialLost || error instanceof OutputError) return exits.unwritten;
  if (!isLeastkeyError(error)) return exits.unavailable;
  switch (error.code) {
    case 'invalid_input':
      return exits.usage;
    case 'store_unavailable':
    case 'clock_unreliable':
    case 'deadline_exceeded':
    case 'outcome_unknown':
    case 'rng_failed':
    case 'internal':
      return exits.unavailable;
    default:
      return exits.refused;
  }
}

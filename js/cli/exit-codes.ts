import { LeastkeyError } from '../index.js';
import { OutputError, tell } from './output.js';
import { redactStrictly } from './redact-credentials.js';
import { join, Legible, legibleJson, line } from './safe-text.js';

/** The exit codes, for scripts. The help text shows this table. */
export const exits = { done: 0, refused: 1, usage: 2, unavailable: 3, unwritten: 4 } as const;

export const exitHelp = `
Exit codes:
  0  done; for verify: the credential is valid
  1  refused: the credential is not valid, or the operation is not possible or allowed
  2  wrong usage of the command
  3  the store or the clock is not available, or the outcome is unknown: try again
  4  done, but standard output did not take the result. For create and rotate that is the
     credential, which is lost: standard error says how to end it`;

/** A mistake in the command line. */
export class UsageError extends Error {}

/** The user declined. */
export class Declined extends Error {}

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
  if (error instanceof CredentialLost || error instanceof OutputError) return exits.unwritten;
  if (!(error instanceof LeastkeyError)) return exits.unavailable;
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

/** Reports an error on standard error, for people or (`json`) for programs. */
export function report(error: unknown, json: boolean): void {
  const { code, message, id, problems, report } = redacted(describeError(error));
  if (json) {
    tell(new Legible(legibleJson({ error: { code, message, id, problems, report } }, { indent: 0 })));
    return;
  }
  const lines = problems?.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)) ?? [];
  // The message of wrong input is these very lines.
  const all = lines.join('\n') === message ? lines : [message, ...lines];
  tell(line`leastkey: ${join(all, '\n  ')}`);
}

/** An error may quote the command line, a file or the store. */
function redacted({ message, problems, ...rest }: ExitDescription): ExitDescription {
  const plain = problems?.map(({ path, message }) => ({
    path: redactStrictly(path),
    message: redactStrictly(message),
  }));
  return { ...rest, message: redactStrictly(message), ...(plain !== undefined && { problems: plain }) };
}

interface ExitDescription {
  code: string;
  message: string;
  /** The id of the new token. */
  id?: string;
  problems?: readonly { path: string; message: string }[] | undefined;
  /** The progress of a command over many tokens or rows. */
  report?: unknown;
}

function describeError(error: unknown): ExitDescription {
  if (error instanceof LeastkeyError) {
    const { code, message, problems, report } = error;
    return { code, message, ...(problems !== undefined && { problems }), report };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: 'usage', message };
  if (error instanceof Declined) return { code: 'declined', message };
  if (error instanceof CredentialLost) return { code: 'credential_lost', message, id: error.id };
  if (error instanceof OutputError) {
    return { code: 'output_failed', message: `standard output did not take the answer: ${message}` };
  }
  return { code: 'internal', message };
}

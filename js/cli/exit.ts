import { LeastkeyError } from '../index.js';
import { join, Legible, legibleJson, line } from './legible.js';
import { OutputError, tell } from './output.js';
import { redactStrictly } from './redact.js';

/** What the command leaves behind for a script to branch on. The help text shows the same table. */
export const exits = { done: 0, refused: 1, usage: 2, unavailable: 3, unwritten: 4 } as const;

export const exitHelp = `
Exit codes:
  0  done; for verify: the credential is valid
  1  refused: verify said no, or the operation is not possible or not allowed
  2  the command cannot be carried out as it was typed
  3  the store or the clock is not available, or the outcome is unknown: try again
  4  done, but standard output did not take the answer. Of create and rotate it is the
     credential, which nobody has then: standard error says how to end it`;

/** A command that cannot be carried out as it was typed. */
export class UsageError extends Error {}

/** A question was put to the person at the terminal, and the answer was no. */
export class Declined extends Error {}

/** A credential was made, and nobody has it. */
export class CredentialLost extends Error {
  readonly id: string;

  /**
   * @param did what became of the token, such as `was made`
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

/** The exit code that an error stands for. */
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

/** Says on standard error what was wrong, for people or (`json`) for programs. */
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

/** An error can quote what was typed, or what a file or the store holds. */
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
  /** Of the token that was made. */
  id?: string;
  problems?: readonly { path: string; message: string }[] | undefined;
  /** How far a command had come that goes through many tokens or rows. */
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

import { LeastkeyError } from '../index.js';

/** What the command leaves behind for a script to branch on. The help text shows the same table. */
export const exits = { done: 0, refused: 1, usage: 2, unavailable: 3 } as const;

export const exitHelp = `
Exit codes:
  0  done; for verify: the credential is valid
  1  refused: verify said no, or the operation is not possible or not allowed
  2  the command cannot be carried out as it was typed
  3  the store or the clock is not available, or the outcome is unknown: try again`;

/** A command that cannot be carried out as it was typed. */
export class UsageError extends Error {}

/** A question was put to the person at the terminal, and the answer was no. */
export class Declined extends Error {}

/** Something of the shape of a credential: this prefix, that body. People paste secrets in the wrong place. */
const credential = /[A-Za-z0-9_]*_[0-9A-Za-z]{53}(?![0-9A-Za-z])/g;

export function redact(text: string): string {
  return text.replace(credential, '(credential)');
}

/** The exit code that an error stands for. */
export function exitOf(error: unknown): number {
  if (error instanceof UsageError) return exits.usage;
  if (error instanceof Declined) return exits.refused;
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
  const { code, message, problems, report } = describe(error);
  if (json) {
    process.stderr.write(`${redact(JSON.stringify({ error: { code, message, problems, report } }))}\n`);
    return;
  }
  const details = problems?.map((problem) => `\n  ${problem.path}: ${problem.message}`).join('') ?? '';
  process.stderr.write(`${redact(`leastkey: ${message}${details}`)}\n`);
}

interface Description {
  code: string;
  message: string;
  problems?: readonly { path: string; message: string }[] | undefined;
  /** How far a command had come that goes through many tokens or rows. */
  report?: unknown;
}

function describe(error: unknown): Description {
  if (error instanceof LeastkeyError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: 'usage', message };
  if (error instanceof Declined) return { code: 'declined', message };
  return { code: 'internal', message };
}

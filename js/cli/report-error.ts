import { type LocatedProblem, placeOf } from './catalog-lines.js';
import { CredentialLost, Declined, Interrupted, UsageError } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import { inOptionWords, optionOf, type Words } from './option-words.js';
import { complain, OutputError } from './output.js';
import { redact, redactStrictly } from './redact-credentials.js';
import { join, Legible, legibleJson, line } from './safe-text.js';

interface ErrorReport {
  code: string;
  message: string;
  /** The id of the new token. */
  id?: string;
  problems?: readonly LocatedProblem[] | undefined;
  /** The progress of a command over many tokens or rows. */
  report?: unknown;
}

/**
 * Reports an error on standard error, once: for people in the words of the options, for programs
 * (`json`) as one document with the members of the API.
 */
export function report(error: unknown, json: boolean, words: Words): void {
  const found = redacted(describeError(error));
  if (json) {
    const { code, message, id, problems, report } = found;
    complain(new Legible(legibleJson({ error: { code, message, id, problems, report } })));
    return;
  }
  complain(line`leastkey: ${join(inWords(found, words), '\n  ')}`);
}

/** The lines of an error: its message, or all its problems. */
function inWords({ message, problems = [] }: ErrorReport, words: Words): string[] {
  const lines = problems.map((problem) => {
    const place = optionOf(problem.path, words) ?? placeOf(problem);
    const text = inOptionWords(problem.message, words);
    return place === '' ? text : `${place}: ${text}${forEach(place, text)}`;
  });
  const [first = ''] = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  // The message of wrong input is these very problems.
  const repeats = problems.length > 0 && message.startsWith(first);
  if (repeats) return lines;
  const own = message.replace(/^([a-z][A-Za-z.]*)(?=: )/, (path) => optionOf(path, words) ?? path);
  return [inOptionWords(own, words), ...lines];
}

/** A list with commas is for options that are given once, such as `--fields`. */
const forEach = (place: string, text: string) =>
  place.startsWith('--') && /the catalog has no \w+ "[^"]*,|has the character ','/.test(text)
    ? `; give ${place} for each of them`
    : '';

/** An error may quote the command line, a file or the store. A catalog has ids and no secrets. */
function redacted({ message, problems, ...rest }: ErrorReport): ErrorReport {
  const plain = problems?.map((problem) => {
    const text = problem.file === undefined ? redactStrictly : redact;
    return { ...problem, path: text(problem.path), message: text(problem.message) };
  });
  const text = problems?.some(({ file }) => file !== undefined) ? redact : redactStrictly;
  return { ...rest, message: text(message), ...(plain !== undefined && { problems: plain }) };
}

function describeError(error: unknown): ErrorReport {
  if (isLeastkeyError(error)) {
    const { code, message, problems, report } = error;
    return { code, message, ...(problems !== undefined && { problems }), report };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: 'usage', message };
  if (error instanceof Declined) return { code: 'declined', message };
  if (error instanceof Interrupted) return { code: 'interrupted', message };
  if (error instanceof CredentialLost) return { code: 'credential_lost', message, id: error.id };
  if (error instanceof OutputError) {
    return { code: 'output_failed', message: `standard output did not take the answer: ${message}` };
  }
  return { code: 'internal', message };
}

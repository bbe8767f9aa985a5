/**
 * Redacts credentials from all output: people put secrets in the wrong place, and output ends in
 * logs.
 */

/** Words in the alphabet of credentials. */
const WORD = /[A-Za-z0-9_]+/g;

/** A credential has 53 characters after its prefix. A slightly different length is a bad copy. */
const MIN_BODY = 50;

/** Runs of letters and digits, with a digit, longer than any word. The core has the same rule. */
const MAX_WORD_LENGTH = 20;

const HEX = /^[0-9a-f]+$/;

/** Whether a text contains something like a credential. */
export function holdsCredential(text: string): boolean {
  return text.match(WORD)?.some(isCredential) === true;
}

/** For all output. Ids, hashes and cursors stay. */
export function redact(text: string): string {
  return text.replace(WORD, (word) => (isCredential(word) ? '(credential)' : word));
}

/** For errors, which may quote input: also redacts secrets of other systems, and parts of one. */
export function redactStrictly(text: string): string {
  return text.replace(WORD, (word) => {
    if (isCredential(word)) return '(credential)';
    return word
      .split('_')
      .map((part) => (part.length >= MAX_WORD_LENGTH && /[0-9]/.test(part) ? '…' : part))
      .join('_');
  });
}

/** A prefix, an underscore and a body. A hash after an underscore does not match. */
function isCredential(word: string): boolean {
  const [, ...parts] = word.split('_');
  return parts.some((part) => part.length >= MIN_BODY && !HEX.test(part));
}

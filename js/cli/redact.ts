/** What is printed never holds a credential: people put secrets in the wrong place, and what is printed ends in logs. */

/** Words as credentials are made of them. */
const WORD = /[A-Za-z0-9_]+/g;

/** A credential has 53 characters after its prefix. Some more or less are one that was copied badly. */
const MIN_BODY = 50;

/** Letters and digits in a row, with a digit among them, that no word is as long as. The core's messages have the same rule. */
const MAX_WORD_LENGTH = 20;

const HEX = /^[0-9a-f]+$/;

/** Whether a text has something of the form of a credential in it. */
export function holdsCredential(text: string): boolean {
  return text.match(WORD)?.some(isCredential) === true;
}

/** For everything that is printed. Ids, hashes and cursors stay as they are. */
export function redact(text: string): string {
  return text.replace(WORD, (word) => (isCredential(word) ? '(credential)' : word));
}

/** For errors, which can quote what was typed or read: secrets of other systems and pieces of one go too. */
export function redactStrictly(text: string): string {
  return text.replace(WORD, (word) => {
    if (isCredential(word)) return '(credential)';
    return word
      .split('_')
      .map((part) => (part.length >= MAX_WORD_LENGTH && /[0-9]/.test(part) ? '…' : part))
      .join('_');
  });
}

/** A prefix, an underscore and a body. A hash behind an underscore is none. */
function isCredential(word: string): boolean {
  const [, ...parts] = word.split('_');
  return parts.some((part) => part.length >= MIN_BODY && !HEX.test(part));
}

import type { Explanation } from '../api/verification.js';

/**
 * What is probably wrong with a malformed text, for people who see it in a log or a configuration.
 * It quotes nothing of the text, which may be a secret. `text` is empty if it came in a header.
 */
export function malformedHint(text: string, wrong: Explanation['wrong'], prefix: string): string | undefined {
  if (/^bearer\s/i.test(text)) return 'it begins with "Bearer ": give the credential alone';
  if (/^["'`].*["'`]$/s.test(text)) return 'it has quotes around it: give it without them';
  if (text.trim() !== text) return 'it has a blank or a line feed at an end: trim it';
  switch (wrong) {
    case 'prefix':
      return `it does not begin with "${prefix}_": another deployment, or another system, issued it`;
    case 'length':
      return 'it is too short or too long: it was cut off, or something was added';
    case 'alphabet':
      return 'it has characters other than letters and digits';
    case 'version':
      return 'it has another version of the format';
    case 'checksum':
      return 'it was mistyped: its check digits do not match';
    case undefined:
      return undefined;
  }
}

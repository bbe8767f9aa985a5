import type { Tokens } from '../api/tokens.js';
import { UsageError } from './exit-codes.js';
import { readText } from './read-file.js';
import { holdsCredential } from './redact-credentials.js';

/** What commands on several tokens say about their arguments. */
export const IDS = 'ids of tokens, as list shows them; - reads them from standard input';

const ID = /^[0-9A-Za-z]{16}$/;

/**
 * The tokens that a command names: its arguments, or with `-` the lines of standard input. A line
 * there can also be a credential, which its token is found by.
 */
export async function namedTokens(words: readonly string[]): Promise<string[]> {
  if (!words.includes('-')) return unique(words);
  if (words.length > 1) throw new UsageError('give the ids as arguments or on standard input, not both');
  const text = await readText('-');
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const named = lines.filter((line) => line !== '');
  if (named.length === 0) throw new UsageError('standard input has no id and no credential');
  return unique(named);
}

/** Whether a line is a credential rather than an id. */
export const isCredentialLine = (word: string): boolean => holdsCredential(word) || !ID.test(word);

/**
 * The ids of the tokens. The secret of a credential must match: anybody can make up a credential
 * with the id of another token.
 */
export async function idsOf(words: readonly string[], tokens: Tokens): Promise<string[]> {
  const ids: string[] = [];
  for (const [at, word] of words.entries()) {
    if (!isCredentialLine(word)) {
      ids.push(word);
      continue;
    }
    const { token, code } = await tokens.verify(word, undefined, { use: false });
    if (token === undefined) {
      throw new UsageError(
        `line ${at + 1} of standard input is neither an id nor a credential with a right secret: ${code}`,
      );
    }
    ids.push(token.id);
  }
  return unique(ids);
}

const unique = (words: readonly string[]) => [...new Set(words)];

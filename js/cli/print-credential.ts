import type { Created } from '../api/token.js';
import { CredentialLost } from './exit-codes.js';
import { print, printCredential, printJson, tell } from './output.js';
import { type Legible, line } from './safe-text.js';
import { describe } from './show-token.js';
import type { Target } from './target.js';

interface Words {
  /** What an earlier call with the same idempotency key did, as a sentence. */
  earlier: string;
  /** What the call did, after "token <id>". */
  did: string;
  /** The text before the credential, for people. */
  introduction: () => Legible;
  /** The command that ends the credential. */
  undo: string;
}

/**
 * Prints a new credential. Await it before closing the store: after any failure, the user has the
 * credential or gets the id of the token to revoke.
 *
 * @throws {CredentialLost}
 */
export async function handOver({ token, record }: Created, { json }: Target, words: Words): Promise<void> {
  if (token === null) {
    if (json) return printJson({ token, record });
    tell(line`${words.earlier} Its credential was shown then and cannot be shown again.\n`);
    return print(describe(record, process.stdout));
  }
  try {
    if (!json) tell(words.introduction());
    await printCredential(token, json ? { token, record } : undefined);
  } catch (cause) {
    throw new CredentialLost(record.id, words.did, words.undo, cause);
  }
}

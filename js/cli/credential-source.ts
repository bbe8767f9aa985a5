import type { Command } from 'commander';
import { UsageError } from './exit-codes.js';
import { readSecret } from './prompt.js';

/** Adds the argument by which a command reads a credential from standard input. */
export const addCredentialSource = (command: Command): Command =>
  command.argument('[-]', 'read standard input, even if LEASTKEY_TOKEN is set');

/** The credential in LEASTKEY_TOKEN or on standard input: never an argument. */
export async function readCredential(source: string | undefined): Promise<string> {
  if (source !== undefined && source !== '-') {
    throw new UsageError(
      'a credential on the command line is visible to other processes; pipe it to standard input, or set LEASTKEY_TOKEN',
    );
  }
  return (source === undefined && process.env.LEASTKEY_TOKEN) || (await readSecret('Credential'));
}

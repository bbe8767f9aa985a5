#!/usr/bin/env node

import { CommanderError } from 'commander';
import { exitOf, exits, UsageError } from './exit-codes.js';
import { beQuiet, complain, finishOutput } from './output.js';
import { longOptionsOf, programFor } from './program.js';
import { holdsCredential } from './redact-credentials.js';
import { report } from './report-error.js';
import { line } from './safe-text.js';
import { usageErrorOf } from './usage-error.js';

// Node's default listener prints warnings unescaped. It is absent if warnings are disabled.
if (process.listenerCount('warning') > 0) {
  process.removeAllListeners('warning').on('warning', ({ message }) => complain(line`leastkey: ${message}`));
}

const args = process.argv.slice(2);
/** The options that the command has, for the words of errors. */
let options: ReadonlySet<string> = new Set();

if (args.includes('--quiet') || args.includes('-q')) beQuiet();

await attempt(async () => {
  refuseCredentials(args);
  const program = await programFor(args);
  options = longOptionsOf(program);
  await program.parseAsync(args, { from: 'user' });
});

// Report the earlier error instead.
if (!process.exitCode) await attempt(finishOutput);

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      process.exitCode = exits.done;
      return;
    }
    const found = error instanceof CommanderError ? usageErrorOf(error, args) : error;
    // Without a command, the help is the message.
    if (found === undefined) {
      process.exitCode = exits.usage;
      return;
    }
    report(found, args.includes('--json'), { args, options });
    process.exitCode = exitOf(found);
  }
}

/** Every process of the machine can read a command line, and the shell stores it. */
function refuseCredentials(args: readonly string[]): void {
  const at = args.findIndex(holdsCredential);
  if (at < 0) return;
  throw new UsageError(
    `argument ${at + 1} has a credential in it, which other processes can see and the shell stores: revoke it if it is in use; ` +
      'verify and revoke read it from standard input',
  );
}

#!/usr/bin/env node

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { audit } from './commands/audit.js';
import { create } from './commands/create.js';
import { remove } from './commands/delete.js';
import { edit } from './commands/edit.js';
import { importing } from './commands/import.js';
import { importKeys } from './commands/import-keys.js';
import { list } from './commands/list.js';
import { purge } from './commands/purge.js';
import { revoke } from './commands/revoke.js';
import { revokeAll } from './commands/revoke-all.js';
import { abortRotation, confirmRotation, rotate } from './commands/rotate.js';
import { disable, enable } from './commands/status.js';
import { store } from './commands/store.js';
import { verify } from './commands/verify.js';
import { verifyAudit } from './commands/verify-audit.js';
import { exitHelp, exitOf, exits, report, UsageError } from './exit-codes.js';
import { actingHelp, addTargetOptions } from './open-deployment.js';
import { finishOutput, print, tell } from './output.js';
import { holdsCredential, redactStrictly } from './redact-credentials.js';
import { Legible, line } from './safe-text.js';

const commands = [
  create,
  list,
  verify,
  edit,
  rotate,
  confirmRotation,
  abortRotation,
  disable,
  enable,
  revoke,
  revokeAll,
  remove,
  purge,
  audit,
  verifyAudit,
  importing,
  importKeys,
  store,
];

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = addTargetOptions(
  new Command('leastkey')
    .description(
      'Least-privilege access tokens in a SQLite database: create, list, verify, rotate, revoke and audit them.',
    )
    .version(version),
)
  .configureHelp({ showGlobalOptions: true })
  .addHelpText('after', actingHelp)
  .addHelpText('afterAll', exitHelp);

for (const command of commands) {
  program.addCommand(command);
  inherit(command, program);
}

for (const command of [program, ...everyCommandOf(program)]) {
  command.exitOverride().configureOutput({
    writeOut: (text) => print(helpOf(text)),
    writeErr: (text) => tell(helpOf(text)),
    outputError: tellMistake,
  });
}

// Node's default listener prints warnings unescaped. It is absent if warnings are disabled.
if (process.listenerCount('warning') > 0) {
  process.removeAllListeners('warning').on('warning', ({ message }) => tell(line`leastkey: ${message}`));
}

const args = process.argv.slice(2);

await attempt(async () => {
  refuseCredentials(args);
  await program.parseAsync();
});

// Report the earlier error instead.
if (!process.exitCode) await attempt(finishOutput);

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exits.done : exits.usage;
    } else {
      report(error, args.includes('--json'));
      process.exitCode = exitOf(error);
    }
  }
}

/** The help quotes nothing of the command line. */
function helpOf(text: string): Legible {
  return new Legible(text.replace(/\n$/, ''));
}

/** Every process of the machine can read a command line, and the shell stores it. */
function refuseCredentials(args: readonly string[]): void {
  const at = args.findIndex(holdsCredential);
  if (at < 0) return;
  throw new UsageError(
    `argument ${at + 1} has a credential in it, which other processes can see and the shell stores: revoke it if it is in use; ` +
      'verify reads it from standard input or LEASTKEY_TOKEN',
  );
}

/**
 * Reports a mistake with commander's text: a line that quotes the input, and perhaps a suggestion.
 */
function tellMistake(text: string): void {
  const mistake = text.replace(/(?:\n\(Did you mean [^\n]*\))?\n$/, '');
  const suggestion = text.slice(mistake.length).trim();
  tell(line`${redactStrictly(mistake)}`);
  if (suggestion !== '') tell(suggestion);
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
}

function everyCommandOf(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommandOf(command)]);
}

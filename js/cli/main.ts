#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { abortRotation } from './abort-rotation.js';
import { audit } from './audit.js';
import { confirmRotation } from './confirm-rotation.js';
import { create } from './create.js';
import { remove } from './delete.js';
import { disable } from './disable.js';
import { edit } from './edit.js';
import { enable } from './enable.js';
import { exitHelp, exitOf, exits, redact, report } from './exit.js';
import { importing } from './import.js';
import { importKeys } from './import-keys.js';
import { list } from './list.js';
import { purge } from './purge.js';
import { revoke } from './revoke.js';
import { revokeAll } from './revoke-all.js';
import { rotate } from './rotate.js';
import { actingHelp, addTargetOptions } from './target.js';
import { verify } from './verify.js';
import { verifyAudit } from './verify-audit.js';

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
];

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = addTargetOptions(
  new Command('leastkey')
    .description(
      'Least-privilege access tokens in a SQLite database: make, list, verify, rotate, end and audit them.',
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
  command.exitOverride().configureOutput({ outputError: (text, write) => write(redact(text)) });
}

// A reader that has seen enough (| head) is no fault: the work goes on, and the database is closed as always.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exits.done : exits.usage;
  } else {
    report(error, program.opts<{ json?: boolean }>().json ?? false);
    process.exitCode = exitOf(error);
  }
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
}

function everyCommandOf(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommandOf(command)]);
}

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { COMMANDS, type CommandEntry, everyEntry } from './command-table.js';
import { exitHelp } from './exit-codes.js';
import { complain, print } from './output.js';
import { Legible } from './safe-text.js';
import { actingHelp, addTargetOptions } from './target.js';

const DESCRIPTION =
  'Least-privilege access tokens, in a store or behind the HTTP API: create, list, verify, rotate, revoke and audit them.';

/** The line at the end of the help of a command. */
const FOOTER =
  '\nOptions of every command, such as --db, --as, --json and --fields, and exit codes: leastkey --help';

/**
 * The program with the command of these arguments; the others have a name and a summary only.
 * Completion needs all of them.
 */
export async function programFor(args: readonly string[]): Promise<Command> {
  const program = emptyProgram();
  const name = commandIn(args, program);
  const isNeeded = (entry: CommandEntry) => entry.name === name || name === 'completion';
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    for (const entry of entries) add(program, isNeeded(entry) ? await entry.load() : bare(entry), heading);
  }
  return finished(program);
}

function emptyProgram(): Command {
  const program = new Command('leastkey').description(DESCRIPTION).version(version(), '-v, --version');
  return addTargetOptions(program)
    .configureHelp({ minWidthToWrap: 12 })
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', `${actingHelp}\n${exitHelp}`);
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function bare({ name, summary }: CommandEntry): Command {
  return new Command(name).summary(summary).description(summary);
}

function add(program: Command, command: Command, heading: string): void {
  program.addCommand(command.helpGroup(heading));
}

/** The command: the first argument that is neither an option nor the value of one. */
function commandIn(args: readonly string[], program: Command): string | undefined {
  const names = new Set(everyEntry().map(({ name }) => name));
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string;
    if (word === 'help') continue;
    if (!word.startsWith('-')) return names.has(word) ? word : undefined;
    const option = program.options.find(({ long, short }) => long === word || short === word);
    if (option?.required) at += 1;
  }
  return undefined;
}

function finished(program: Command): Command {
  for (const command of everyCommandOf(program)) {
    command.copyInheritedSettings(command.parent ?? program);
    if (command.commands.length === 0) command.addHelpText('after', FOOTER);
  }
  for (const command of [program, ...everyCommandOf(program)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => print(helpOf(text)),
      writeErr: (text) => complain(helpOf(text)),
      // The error that is thrown is reported with all others.
      outputError: () => {},
    });
  }
  return program;
}

/** The long options of the program and of the commands that are loaded. */
export function longOptionsOf(program: Command): ReadonlySet<string> {
  const all = [program, ...everyCommandOf(program)].flatMap((command) => command.options);
  return new Set(all.flatMap(({ long }) => long ?? []));
}

/** The help quotes nothing of the command line. */
function helpOf(text: string): Legible {
  return new Legible(text.replace(/\n$/, ''));
}

function everyCommandOf(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommandOf(command)]);
}

import type { CommanderError } from 'commander';
import { UsageError } from './exit-codes.js';
import { insteadOfArgument, insteadOfCommand, insteadOfOption } from './words-of-others.js';

/**
 * A mistake that commander found, in the voice of the other errors. `undefined` if it has printed
 * the help instead.
 */
export function usageErrorOf(
  { code, message }: CommanderError,
  args: readonly string[],
): UsageError | undefined {
  if (code === 'commander.help') return undefined;
  const [, mistake = '', near] =
    /^(?:error: )?([\s\S]*?)(?:\n\(Did you mean ([^?]*)\?\))?\n?$/.exec(message) ?? [];
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  const right = insteadOf(mistake, command);
  const similar = near === undefined ? '' : `; did you mean ${near.replace(/^one of /, '')}?`;
  const hint = right === undefined ? similar : `; ${right}`;
  // Commander quotes options and commands with single quotes, and flags with their values.
  const plain = mistake
    .replace(
      /^option '(.*?)' argument '([\s\S]*)' is invalid\. /,
      (_all, flags, value) => `${long(flags)}: "${value}" is wrong. `,
    )
    .replace(
      /^option '(.*?)' value '([\s\S]*)' from env '(\w+)' is invalid\. /,
      (_all, _flags, value, name) => `${name}: "${value}" is wrong. `,
    )
    .replace(/^option '(.*?)' argument missing$/, (_all, flags) => `${long(flags)} needs a value`)
    .replace(
      /^option '(.*?)' cannot be used with option '(.*?)'$/,
      (_all, one, other) => `${long(one)} and ${long(other)} exclude each other`,
    )
    .replace(
      /^command-argument value '([\s\S]*)' is invalid for argument '(.*?)'\. /,
      (_all, value, name) => `<${name}>: "${value}" is wrong. `,
    )
    .replace(/^too many arguments for '(.*?)'\. [\s\S]*$/, (_all, name) => excessOf(name, args))
    .replace(/^missing required argument '(.*)'$/, '<$1> is required')
    .replace(/^unknown (option|command) '([\s\S]*)'$/, 'unknown $1 $2');
  return new UsageError(`${plain}${hint}`);
}

/** What is right in place of a word that other tools have. */
function insteadOf(mistake: string, command: string): string | undefined {
  const [, kind, word = ''] = /^unknown (option|command) '([^'=]*)/.exec(mistake) ?? [];
  if (kind === 'option') return insteadOfOption(command, word);
  if (kind === 'command') return insteadOfCommand(word);
  return /^too many arguments for/.test(mistake) ? insteadOfArgument(command) : undefined;
}

/** `list takes no argument "org:acme"`: the first that is no value of an option. */
function excessOf(command: string, args: readonly string[]): string {
  const rest = args.slice(args.indexOf(command) + 1);
  const first = rest.find((arg, at) => !arg.startsWith('-') && !rest[at - 1]?.startsWith('-'));
  return first === undefined || !insteadOfArgument(command)
    ? `too many arguments for ${command}`
    : `${command} takes no argument "${first}"`;
}

/** The long form of the flags of an option: `--owner` of `-o, --owner <resource>`. */
const long = (flags: string) => /--[\w-]+/.exec(flags)?.[0] ?? flags;

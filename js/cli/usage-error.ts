import type { CommanderError } from 'commander';
import { UsageError } from './exit-codes.js';

/**
 * A mistake that commander found, in the voice of the other errors. `undefined` if it has printed
 * the help instead.
 */
export function usageErrorOf({ code, message }: CommanderError): UsageError | undefined {
  if (code === 'commander.help') return undefined;
  const [, mistake = '', near] =
    /^(?:error: )?([\s\S]*?)(?:\n\(Did you mean ([^?]*)\?\))?\n?$/.exec(message) ?? [];
  const hint = near === undefined ? '' : `; did you mean ${near.replace(/^one of /, '')}?`;
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
    .replace(/^missing required argument '(.*)'$/, '<$1> is required')
    .replace(/^unknown (option|command) '([\s\S]*)'$/, 'unknown $1 $2');
  return new UsageError(`${plain}${hint}`);
}

/** The long form of the flags of an option: `--owner` of `-o, --owner <resource>`. */
const long = (flags: string) => /--[\w-]+/.exec(flags)?.[0] ?? flags;

import { Command, InvalidArgumentError, Option } from 'commander';
import type { TokenChange } from '../../index.js';
import { type Credits, whole, withCredits } from '../credits-options.js';
import { UsageError } from '../exit-codes.js';
import { type Target, withTokens } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { line } from '../safe-text.js';
import { describe, named } from '../show-token.js';

const CLEARABLE = ['description', 'tags', 'metadata', 'conditions', 'limits'] as const;

interface Options extends Pick<TokenChange, 'name' | 'role' | 'add' | 'remove' | 'revision'>, Credits {
  description?: string;
  tag?: string[];
  template?: string[];
  clear?: (typeof CLEARABLE)[number][];
}

export const edit = new Command('edit')
  .summary('change a token, as far as its kind allows')
  .description(
    'Changes a token. Its credential stays the same. With --template, --add, --remove or --role the whole selection ' +
      'is replaced: give everything that the token needs.',
  )
  .argument('<id>', 'the id of the token, as list shows it')
  .option('--name <name>', 'a new name')
  .option('--description <text>', 'what it is for')
  .option('--tag <tag>', 'a tag; replaces the present ones; repeatable', collect)
  .option('--template <id>', 'a permission set of the catalog; repeatable', collect)
  .option('--add <permission>', 'a permission or pattern in addition to the templates; repeatable', collect)
  .option('--remove <permission>', 'a permission or pattern to leave out; repeatable', collect)
  .option('--role <role>', 'a role of the catalog')
  .option('--credits <number>', 'the total number of credits; used credits stay used', whole)
  .option('--remaining <number>', 'set the number of credits left', whole)
  .addOption(
    new Option('--clear <member>', 'take a member away; repeatable')
      .choices(CLEARABLE)
      .argParser(collectClear),
  )
  .option('--revision <number>', 'refuse the change if the record has another revision', revision)
  .addHelpText(
    'after',
    `
Examples:
  leastkey edit 0NxHtBWaKLZ9gG2T --template CollectionDevice --template Policy
  leastkey edit 0NxHtBWaKLZ9gG2T --remaining 100`,
  )
  .action(async (id: string, options: Options, command: Command) => {
    const { credits, remaining, ...rest } = options;
    const change = changeOf(rest);
    const limits = credits !== undefined || remaining !== undefined;
    if (!limits && Object.keys(change).every((name) => name === 'revision')) {
      throw new UsageError('nothing to change: give --name, --template or another option; see --help');
    }
    const target = command.optsWithGlobals<Target>();
    const record = await withTokens(target, {}, async (tokens, actor) => {
      if (!limits) return tokens.edit(id, change, actor);
      const before = await tokens.get(id, actor);
      const { revision = before.revision } = change;
      return tokens.edit(
        id,
        { ...change, limits: withCredits(before, { credits, remaining }), revision },
        actor,
      );
    });
    if (target.json) return printJson(record);
    print(line`${named(record)} is changed.\n\n${describe(record, process.stdout)}`);
  });

function changeOf({ tag, template, clear = [], ...change }: Omit<Options, keyof Credits>): TokenChange {
  return {
    ...change,
    ...(tag !== undefined && { tags: tag }),
    ...(template !== undefined && { templates: template }),
    ...Object.fromEntries(clear.map((member) => [member, null])),
  };
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function collectClear(value: string, before: string[] = []): string[] {
  if (!CLEARABLE.some((member) => member === value)) {
    throw new InvalidArgumentError(`Allowed are ${CLEARABLE.join(', ')}.`);
  }
  return [...before, value];
}

function revision(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Write the revision that get shows.');
  return Number(text);
}

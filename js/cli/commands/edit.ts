import { Command, InvalidArgumentError, Option } from 'commander';
import type { TokenChange } from '../../api/token.js';
import { addBoundsOptions, type BoundsOptions, conditionsOf, limitsOf } from '../bounds-options.js';
import { UsageError } from '../exit-codes.js';
import { metadataOf } from '../metadata-option.js';
import { withOperations } from '../open-deployment.js';
import { collect, positive, whole } from '../option-values.js';
import { printOne } from '../print-result.js';
import { line } from '../safe-text.js';
import { addSelectionOptions, type SelectionOptions, selectionOf } from '../selection-options.js';
import { describe, named } from '../show-token.js';
import { targetOf } from '../target.js';

const CLEARABLE = ['description', 'tags', 'metadata', 'conditions', 'limits'] as const;

interface Options extends SelectionOptions, BoundsOptions {
  name?: string;
  description?: string;
  tag?: string[];
  metadata?: string;
  remaining?: number;
  clear?: (typeof CLEARABLE)[number][];
  revision?: number;
}

export const edit = addBoundsOptions(
  addSelectionOptions(
    new Command('edit')
      .summary('change a token, as far as its kind allows')
      .description(
        'Changes a token. Its credential stays the same. With --template, --add, --remove or --role the whole selection ' +
          'is replaced: give everything that the token needs. Conditions and limits that are not named stay.',
      )
      .argument('<id>', 'the id of the token, as list shows it')
      .option('-n, --name <name>', 'a new name')
      .option('--description <text>', 'its purpose')
      .option('--tag <tag>', 'a tag; replaces the present ones; repeatable', collect)
      .option(
        '--metadata <json>',
        'data of your own, as JSON; replaces the present data; @file reads a file',
      ),
  ),
)
  .option('--remaining <number>', 'set the number of credits left', whole)
  .addOption(
    new Option('--clear <member>', 'take a member away; repeatable')
      .choices(CLEARABLE)
      .argParser(collectClear),
  )
  .option('--revision <number>', 'refuse the change if the record has another revision', positive)
  .addHelpText(
    'after',
    `
Examples:
  leastkey edit 0NxHtBWaKLZ9gG2T --template CollectionDevice --template Policy
  leastkey edit 0NxHtBWaKLZ9gG2T --remaining 100`,
  )
  .action(async (id: string, options: Options, command: Command) => {
    const { name, description, tag, clear = [], revision } = options;
    const metadata = await metadataOf(options.metadata);
    const change: TokenChange = {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(tag !== undefined && { tags: tag }),
      ...(metadata !== undefined && { metadata }),
      ...selectionOf(options),
      ...Object.fromEntries(clear.map((member) => [member, null])),
    };
    const bounds = hasBounds(options);
    if (!bounds && Object.keys(change).length === 0) {
      throw new UsageError(
        'nothing to change: give --name, --template or another option; see leastkey edit --help',
      );
    }
    const target = targetOf(command);
    const record = await withOperations(target, { needsCatalog: true }, async (operations) => {
      if (!bounds) return operations.edit(id, { ...change, ...(revision !== undefined && { revision }) });
      // Members that no option names keep their values, so the record is read first.
      const before = await operations.get(id);
      const conditions = conditionsOf(options, before.conditions);
      const limits = limitsOf(options, before.limits);
      return operations.edit(id, {
        ...change,
        ...(conditions !== undefined && { conditions }),
        ...(limits !== undefined && { limits }),
        revision: revision ?? before.revision,
      });
    });
    printOne(target, record, () => line`${named(record)} is changed.\n\n${describe(record, process.stdout)}`);
  });

function hasBounds(options: Options): boolean {
  const { ip, origin, audience, days, hours, utcOffset, rate, credits, refill, remaining } = options;
  const bounds = [ip, origin, audience, days, hours, utcOffset, rate, credits, refill, remaining];
  return bounds.some((bound) => bound !== undefined);
}

function collectClear(value: string, before: string[] = []): string[] {
  if (!CLEARABLE.some((member) => member === value)) {
    throw new InvalidArgumentError(`Allowed are ${CLEARABLE.join(', ')}.`);
  }
  return [...before, value];
}

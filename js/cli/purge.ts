import { Command } from 'commander';
import type { PurgeQuery } from '../index.js';
import { showName } from '../input/did-you-mean.js';
import { bulk } from './bulk.js';
import { addIrreversibleOptions, type IrreversibleOptions } from './irreversible.js';
import type { Target } from './target.js';

type Options = IrreversibleOptions & PurgeQuery;

export const purge = addIrreversibleOptions(
  new Command('purge')
    .summary('remove the records of tokens that are long over')
    .description(
      'Removes the records of tokens that have been expired or revoked for long. Their ids never come back.',
    )
    .option('--owner <resource>', 'of this owner and below it (default: of everyone)')
    .option('--over-for <duration>', 'for how long they must have been over (default: 90d)')
    .option('--after <cursor>', 'go on where an interrupted command stopped'),
)
  .addHelpText('after', '\nExample:\n  leastkey purge --over-for 365d --dry-run')
  .action(async ({ yes, dryRun, ...query }: Options, command: Command) => {
    const { owner, overFor = '90d' } = query;
    const whose = owner === undefined ? 'of everyone' : `of ${showName(owner)} and below it`;
    const words = {
      verb: 'remove',
      done: 'removed',
      which: `${whose} that have been over for ${showName(String(overFor))}`,
    };
    const target = command.optsWithGlobals<Target>();
    await bulk({ ...(yes && { yes }), ...(dryRun && { dryRun }) }, target, words, (tokens, actor, options) =>
      tokens.purge(query, options, actor),
    );
  });

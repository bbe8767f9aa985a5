import { Command } from 'commander';
import type { PurgeQuery } from '../../api/sweep.js';
import { showName } from '../../input/did-you-mean.js';
import { bulk } from '../run-bulk.js';
import { addIrreversibleOptions, type IrreversibleOptions } from '../run-irreversible.js';
import { targetOf } from '../target.js';

type Options = IrreversibleOptions & PurgeQuery;

export const purge = addIrreversibleOptions(
  new Command('purge')
    .summary('remove the records of tokens that ended long ago')
    .description(
      'Removes the records of tokens that expired or were revoked long ago. Their ids are never used again.',
    )
    .option('-o, --owner <resource>', 'of this owner and below it (default: all owners)')
    .option('--over-for <duration>', 'how long ago they must have ended (default: 90d)')
    .option('--after <cursor>', 'continue where an interrupted command stopped'),
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
    const target = targetOf(command);
    await bulk({ ...(yes && { yes }), ...(dryRun && { dryRun }) }, target, words, (tokens, actor, options) =>
      tokens.purge(query, options, actor),
    );
  });

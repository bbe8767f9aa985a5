import { Command } from 'commander';
import type { RevokeAllQuery } from '../index.js';
import { showName } from '../input/did-you-mean.js';
import { bulk } from './bulk.js';
import { UsageError } from './exit.js';
import { addIrreversibleOptions, type IrreversibleOptions } from './irreversible.js';
import type { Target } from './target.js';

interface Options extends IrreversibleOptions, RevokeAllQuery {
  reason?: string;
  everything?: boolean;
}

export const revokeAll = addIrreversibleOptions(
  new Command('revoke-all')
    .summary('end all tokens of an owner, a subject or a tag for good')
    .description(
      'Ends many tokens for good: those of an owner and of all that stand below it, of a subject, or with a tag; with ' +
        'several of these, those that all of them name. Interrupted, the same command does the rest.',
    )
    .option('--owner <resource>', 'of this owner and below it, such as org:acme')
    .option('--subject <id>', 'that act as this subject')
    .option('--tag <tag>', 'with this tag')
    .option('--everything', 'of everyone')
    .option('--reason <text>', 'why, for the records')
    .option('--after <cursor>', 'go on where an interrupted command stopped'),
)
  .addHelpText(
    'after',
    '\nExample:\n  leastkey revoke-all --owner org:acme --tag ci --reason "runner leaked" --dry-run',
  )
  .action(async ({ reason, everything, yes, dryRun, ...query }: Options, command: Command) => {
    const { owner, subject, tag } = query;
    if (owner === undefined && subject === undefined && tag === undefined && everything !== true) {
      throw new UsageError(
        'which tokens? Give --owner, --subject or --tag; --everything means all there are',
      );
    }
    const which = [
      owner === undefined ? 'of everyone' : `of ${showName(owner)} and below it`,
      ...(subject === undefined ? [] : [`that act as ${showName(subject)}`]),
      ...(tag === undefined ? [] : [`with the tag ${showName(tag)}`]),
    ].join(', ');
    const words = { verb: 'revoke', done: 'revoked', which };
    const why = reason === undefined ? {} : { reason };
    const target = command.optsWithGlobals<Target>();
    await bulk({ ...(yes && { yes }), ...(dryRun && { dryRun }) }, target, words, (tokens, actor, options) =>
      tokens.revokeAll(everything ? { owner: '', ...query } : query, { ...options, ...why }, actor),
    );
  });

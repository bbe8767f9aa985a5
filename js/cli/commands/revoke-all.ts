import { Command } from 'commander';
import type { RevokeAllQuery } from '../../index.js';
import { showName } from '../../input/did-you-mean.js';
import { UsageError } from '../exit-codes.js';
import type { Target } from '../open-deployment.js';
import { bulk } from '../run-bulk.js';
import { addIrreversibleOptions, type IrreversibleOptions } from '../run-irreversible.js';

interface Options extends IrreversibleOptions, RevokeAllQuery {
  reason?: string;
  everything?: boolean;
}

export const revokeAll = addIrreversibleOptions(
  new Command('revoke-all')
    .summary('permanently revoke all tokens of an owner, a subject or a tag')
    .description(
      'Permanently revokes many tokens: of an owner and everything below it, of a subject, or with a tag; with ' +
        'several of these, tokens that match all of them. After an interruption the same command does the rest.',
    )
    .option('--owner <resource>', 'of this owner and below it, such as org:acme')
    .option('--subject <id>', 'tokens that act as this subject')
    .option('--tag <tag>', 'tokens with this tag')
    .option('--everything', 'all tokens')
    .option('--reason <text>', 'the reason, for the records')
    .option('--after <cursor>', 'continue where an interrupted command stopped'),
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
      owner === undefined ? 'all tokens' : `of ${showName(owner)} and below it`,
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

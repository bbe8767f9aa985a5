import { Command } from 'commander';
import { addIrreversibleOptions, type IrreversibleOptions, irreversible } from '../run-irreversible.js';
import { line } from '../safe-text.js';
import { named } from '../show-token.js';
import { targetOf } from '../target.js';
import { IDS } from '../token-ids.js';

interface Options extends IrreversibleOptions {
  reason?: string;
}

export const revoke = addIrreversibleOptions(
  new Command('revoke')
    .summary('permanently revoke tokens, and keep their records')
    .description(
      'Permanently revokes tokens. Their records stay, for later inspection. They cannot be reinstated. With - it ' +
        'reads ids or whole credentials from standard input, a line each: that is how a leaked credential is ended.',
    )
    .argument('<id...>', IDS)
    .option('--reason <text>', 'the reason, for the record'),
)
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey revoke 0NxHtBWaKLZ9gG2T --reason "laptop stolen"\n  leastkey revoke - --yes < leaked.txt',
  )
  .action(async (ids: string[], { reason, ...options }: Options, command: Command) => {
    const words = { verb: 'revoke', consequence: 'Every request with its credential will be refused.' };
    await irreversible(
      ids,
      options,
      targetOf(command),
      words,
      (operations, id) => operations.revoke(id, reason === undefined ? {} : { reason }),
      (record) =>
        reason === undefined || record.reason === reason
          ? line`${named(record)} is revoked.`
          : line`${named(record)} was revoked before, and keeps the reason of then: ${record.reason ?? 'none'}.`,
    );
  });

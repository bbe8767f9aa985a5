import { Command } from 'commander';
import type { Target } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { addIrreversibleOptions, type IrreversibleOptions, irreversible } from '../run-irreversible.js';
import { line } from '../safe-text.js';
import { named } from '../show-token.js';

interface Options extends IrreversibleOptions {
  reason?: string;
}

export const revoke = addIrreversibleOptions(
  new Command('revoke')
    .summary('permanently revoke a token, and keep its record')
    .description(
      'Permanently revokes a token. Its record stays, for later inspection. It cannot be reinstated.',
    )
    .argument('<id>', 'the id of the token, as list shows it')
    .option('--reason <text>', 'the reason, for the record'),
)
  .addHelpText('after', '\nExample:\n  leastkey revoke 0NxHtBWaKLZ9gG2T --reason "laptop stolen"')
  .action(async (id: string, { reason, ...options }: Options, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const words = { verb: 'revoke', consequence: 'Every request with its credential will be refused.' };
    const record = await irreversible(id, options, target, words, (tokens, actor) =>
      tokens.revoke(id, reason === undefined ? {} : { reason }, actor),
    );
    if (record === undefined) return;
    if (target.json) return printJson(record);
    print(line`${named(record)} is revoked.`);
  });

import { Command } from 'commander';
import type { Target } from '../open-deployment.js';
import { print, printJson } from '../output.js';
import { addIrreversibleOptions, type IrreversibleOptions, irreversible } from '../run-irreversible.js';
import { line } from '../safe-text.js';

// `delete` is a reserved word.
export const remove = addIrreversibleOptions(
  new Command('delete')
    .summary('remove a token and its record')
    .description('Removes a token and its record. Its id is never used again.')
    .argument('<id>', 'the id of the token, as list shows it'),
)
  .addHelpText('after', '\nExample:\n  leastkey delete 0NxHtBWaKLZ9gG2T --yes')
  .action(async (id: string, options: IrreversibleOptions, command: Command) => {
    const target = command.optsWithGlobals<Target>();
    const words = {
      verb: 'delete',
      consequence: 'Its record goes too; "revoke" would keep it.',
    };
    const deleted = await irreversible(id, options, target, words, (tokens, actor) =>
      tokens.delete(id, actor),
    );
    if (deleted === undefined) return;
    if (target.json) return printJson(deleted);
    print(line`Token ${deleted.id} is deleted.`);
  });

import { Command } from 'commander';
import { addIrreversibleOptions, type IrreversibleOptions, irreversible } from '../run-irreversible.js';
import { line } from '../safe-text.js';
import { targetOf } from '../target.js';
import { IDS } from '../token-ids.js';

// `delete` is a reserved word.
export const remove = addIrreversibleOptions(
  new Command('delete')
    .summary('remove tokens and their records')
    .description('Removes tokens and their records. Their ids are never used again.')
    .argument('<id...>', IDS),
)
  .addHelpText('after', '\nExample:\n  leastkey delete 0NxHtBWaKLZ9gG2T --yes')
  .action(async (ids: string[], options: IrreversibleOptions, command: Command) => {
    const words = { verb: 'delete', consequence: 'The record goes too; "revoke" would keep it.' };
    await irreversible(
      ids,
      options,
      targetOf(command),
      words,
      (operations, id) => operations.delete(id),
      ({ id }) => line`Token ${id} is deleted.`,
    );
  });

import { Command } from 'commander';
import { withOperations } from '../open-deployment.js';
import { printOne } from '../print-result.js';
import { describe } from '../show-token.js';
import { targetOf } from '../target.js';

export const get = new Command('get')
  .summary('show a token')
  .description(
    'Shows the record of a token: its permissions, status, dates and use. The credential is not stored.',
  )
  .argument('<id>', 'the id of the token, as list shows it')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey get 0NxHtBWaKLZ9gG2T\n  leastkey get 0NxHtBWaKLZ9gG2T --fields name,expiresAt',
  )
  .action(async (id: string, _own: unknown, command: Command) => {
    const target = targetOf(command);
    const record = await withOperations(target, {}, (operations) => operations.get(id));
    printOne(target, record, () => describe(record, process.stdout));
  });

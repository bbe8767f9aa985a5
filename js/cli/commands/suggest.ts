import { Command } from 'commander';
import type { Suggestion } from '../../api/suggestion.js';
import { withCatalog } from '../open-deployment.js';
import { printOne } from '../print-result.js';
import type { Legible } from '../safe-text.js';
import { facts } from '../show-token.js';
import { targetOf } from '../target.js';

export const suggest = new Command('suggest')
  .summary('find the smallest selection for some permissions')
  .description(
    'Finds the permission sets and single permissions that grant these permissions with the least excess. Its options can be given to create.',
  )
  .argument('<permission...>', 'the permissions that a token needs')
  .addHelpText('after', '\nExample:\n  leastkey suggest messages:send branch:run')
  .action(async (permissions: string[], _own: unknown, command: Command) => {
    const target = targetOf(command);
    const suggestion = await withCatalog(target, (operations) => operations.suggest(permissions));
    printOne(target, suggestion, () => describe(suggestion));
  });

function describe({ templates, add, excess, instead }: Suggestion): Legible {
  const options = [...templates.map(({ id }) => `--template ${id}`), ...add.map(({ id }) => `--add ${id}`)];
  return facts(process.stdout, [
    ['options', options.join(' ')],
    ['excess', excess.length === 0 ? 'none' : excess],
    ['or one set', instead.map(({ id, excess }) => `${id} (+${excess.length})`)],
  ]);
}

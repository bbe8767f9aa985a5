import { Command } from 'commander';
import type { Branch, Preview, Warning } from '../../api/selection.js';
import { withCatalog } from '../open-deployment.js';
import { printOne } from '../print-result.js';
import { join, type Legible, line, paint } from '../safe-text.js';
import { addSelectionOptions, type SelectionOptions, selectionOf } from '../selection-options.js';
import { targetOf } from '../target.js';

export const resolve = addSelectionOptions(
  new Command('resolve')
    .summary('show which permissions a selection comes to')
    .description(
      'Shows the exact permissions of a token with this selection, as a tree of all services: ✓ all, – some, and · none. It changes nothing.',
    ),
)
  .addHelpText(
    'after',
    '\nExample:\n  leastkey resolve --template all-channels-branch --remove branch:delete',
  )
  .action(async (options: SelectionOptions, command: Command) => {
    const target = targetOf(command);
    const preview = await withCatalog(target, (operations) => operations.resolve(selectionOf(options)));
    printOne(target, preview, () => describe(preview));
  });

const MARKS = { on: '✓', partly: '–', off: '·' } as const;

function describe({ permissions, tree = [], warnings }: Preview): Legible {
  const lines = [
    ...tree.flatMap((branch) => branchLines(branch, '')),
    line``,
    line`${permissions.length} permissions: ${permissions.join(' ')}`,
    ...warnings.map((warning) => paint(process.stdout, 'yellow', inWords(warning))),
  ];
  return join(lines, '\n');
}

function branchLines({ id, title, state, from, children }: Branch, indent: string): Legible[] {
  const why = from.map((source) => Object.values(source)[0]).filter((name) => name !== id);
  const because = why.length === 0 ? '' : line`  ${paint(process.stdout, 'dim', `by ${why.join(', ')}`)}`;
  const own = line`${indent}${MARKS[state]} ${id}  ${title}${because}`;
  return [own, ...children.flatMap((child) => branchLines(child, `${indent}  `))];
}

function inWords(warning: Warning): string {
  switch (warning.code) {
    case 'empty':
      return 'It grants nothing: no token can be created with it.';
    case 'admin_role':
      return 'The role admin grants everything.';
    case 'implied_removed':
      return `${warning.permission} is removed, though ${warning.impliedBy.join(', ')} implies it.`;
    case 'deprecated':
      return `${warning.permission} is deprecated${warning.replacement === undefined ? '' : `; use ${warning.replacement}`}.`;
    case 'wider_than_recommended':
      return `It grants all of the recommended set ${warning.template}, and more: ${warning.extra.join(' ')}`;
  }
}

import { Command } from 'commander';
import type { Branch } from '../../api/selection.js';
import { CATALOG_ARGUMENT, readCatalogArgument } from '../catalog-argument.js';
import { permissionsOf, type RouteEntry } from '../catalog-entries.js';

import { validateCatalog } from '../open-deployment.js';
import { positive } from '../option-values.js';
import { printJson, printPaged } from '../output.js';
import type { Legible, Style } from '../safe-text.js';
import { fitted } from '../table.js';
import { targetOf } from '../target.js';

interface Options {
  below?: string;
  depth?: number;
  routes?: boolean;
}

export const catalogTree = new Command('tree')
  .summary('show the services and permissions of a catalog')
  .description(
    'Shows the services of a catalog with their groups and permissions as a tree. On a terminal, one that is longer than the screen is shown by the ' +
      'pager in LEASTKEY_PAGER or PAGER (default: less).',
  )
  .argument('[file]', CATALOG_ARGUMENT)
  .option('--below <id>', 'only what is below this service, group or permission, such as messages')
  .option('--depth <levels>', 'only so many levels', positive)
  .option('--routes', 'the routes of each permission too')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey catalog tree catalog.yaml --depth 1\n  leastkey catalog tree --below messages --routes',
  )
  .action(async (argument: string | undefined, { below, depth, routes }: Options, command: Command) => {
    const { json } = targetOf(command);
    const source = await readCatalogArgument(argument, command);
    const tokens = await validateCatalog(source);
    const { tree = [] } = tokens.resolve({}, { tree: { below, depth } });
    const routesOf = new Map(
      routes ? permissionsOf(source.catalog).map((entry) => [entry.id, entry.routes]) : [],
    );
    if (json) return printJson(tree.map((branch) => nodeOf(branch, routesOf)));
    await printPaged([...linesOf(tree, '', routesOf)]);
  });

/** A branch without what a selection makes of it. */
function nodeOf({ from: _, state: __, children, ...branch }: Branch, routesOf: RoutesOf): object {
  const routes = routesOf.get(branch.id);
  return {
    ...branch,
    ...(routes !== undefined && routes.length > 0 && { routes }),
    ...(children.length > 0 && { children: children.map((child) => nodeOf(child, routesOf)) }),
  };
}

type RoutesOf = ReadonlyMap<string, readonly RouteEntry[]>;

function* linesOf(branches: readonly Branch[], indent: string, routesOf: RoutesOf): Generator<Legible> {
  const { stdout } = process;
  for (const { id, title, grantable, deprecated, children, more = 0 } of branches) {
    const style: Style = grantable ? 'green' : 'bold';
    const marks = `${deprecated ? '  (deprecated)' : ''}${more > 0 ? `  … ${more} more below` : ''}`;
    yield fitted(stdout, [[style, `${indent}${id}`], `  ${title}`, ['dim', marks]]);
    for (const { route, resource } of routesOf.get(id) ?? [])
      yield fitted(stdout, [
        ['dim', `${indent}    ${route}${resource === undefined ? '' : `  on ${resource}`}`],
      ]);
    yield* linesOf(children, `${indent}  `, routesOf);
  }
}

import { Command } from 'commander';
import type { Problem } from '../../api/codes.js';
import type { Tokens } from '../../api/tokens.js';
import { CATALOG_ARGUMENT, readCatalogArgument } from '../catalog-argument.js';
import { permissionsOf } from '../catalog-entries.js';
import { type LocatedProblem, located, placeOf, repeatedNames } from '../catalog-lines.js';
import { counted } from '../counted.js';
import { exits } from '../exit-codes.js';
import { isLeastkeyError } from '../is-leastkey-error.js';
import { validateCatalog } from '../open-deployment.js';
import { print, printJson, tell } from '../output.js';
import type { CatalogSource } from '../read-catalog.js';
import { type Legible, line, paint, type Style } from '../safe-text.js';
import { targetOf } from '../target.js';

interface Options {
  strict?: boolean;
}

/** How many of each a valid catalog has. */
interface Counts {
  services: number;
  permissions: number;
  routes: number;
  templates: number;
  roles: number;
  kinds: number;
}

export const catalogCheck = new Command('check')
  .summary('check that a catalog is valid')
  .description(
    'Checks a catalog, and prints each problem with its file, line and path, at most 20 of them. Warnings are about what is valid and ' +
      'may surprise, such as routes that one request can match: it then needs the permissions of all. Exits 1 if there is a problem.',
  )
  .argument('[file]', CATALOG_ARGUMENT)
  .option('--strict', 'exit 1 if there is a warning too')
  .addHelpText('after', '\nExample:\n  leastkey catalog check --strict catalog.yaml')
  .action(async (argument: string | undefined, { strict = false }: Options, command: Command) => {
    const source = await readCatalogArgument(argument, command);
    const { problems, warnings, counts } = await checked(source);
    const isRefused = problems.length > 0 || (strict && warnings.length > 0);
    if (isRefused) process.exitCode = exits.refused;
    if (targetOf(command).json) {
      return printJson({ valid: problems.length === 0, problems, warnings, ...counts });
    }
    for (const problem of problems) print(described(problem, 'error', 'red'));
    for (const warning of warnings) print(described(warning, 'warning', 'yellow'));
    if (counts === undefined) tell(line`${source.file} is not valid.`);
    else tell(line`${source.file} is valid: ${inWords(counts)}.`);
  });

interface Checked {
  problems: LocatedProblem[];
  warnings: LocatedProblem[];
  /** Absent if it is not valid. */
  counts?: Counts;
}

async function checked(source: CatalogSource): Promise<Checked> {
  const repeated = await repeatedNames(source);
  let tokens: Tokens;
  try {
    tokens = await validateCatalog(source);
  } catch (error) {
    const problems = isLeastkeyError(error) ? error.problems : undefined;
    if (problems === undefined) throw error;
    return { problems: [...problems], warnings: repeated };
  }
  const warnings = await located(source, tokens.warnings as readonly Problem[]);
  return { problems: [], warnings: [...repeated, ...warnings], counts: countsOf(source) };
}

function countsOf({ catalog }: CatalogSource): Counts {
  const permissions = permissionsOf(catalog);
  const { services, templates = {}, roles = {}, kinds = {} } = catalog;
  const sizeOf = (members: object) => Object.keys(members).length;
  return {
    services: sizeOf(services),
    permissions: permissions.length,
    routes: permissions.reduce((sum, { routes }) => sum + routes.length, 0),
    templates: sizeOf(templates),
    roles: sizeOf(roles),
    kinds: sizeOf(kinds),
  };
}

/** `1 service, 12 permissions`. What it has none of is left out. */
function inWords(counts: Counts): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => counted(count, what.slice(0, -1)))
    .join(', ');
}

function described(problem: LocatedProblem, word: string, style: Style): Legible {
  const { stdout } = process;
  return line`${paint(stdout, 'bold', placeOf(problem))}: ${paint(stdout, style, word)}: ${problem.message}`;
}

import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { Catalog } from '../../api/catalog.js';
import type { Problem } from '../../api/codes.js';
import { permissionsOf } from '../catalog-entries.js';
import {
  contentOf,
  FORMATS,
  type Format,
  formatOf,
  type ImportSettings,
  importAs,
} from '../catalog-formats.js';
import { catalogText, syntaxOf } from '../catalog-text.js';
import { counted } from '../counted.js';
import { UsageError } from '../exit-codes.js';
import { validateCatalog } from '../open-deployment.js';
import { collect } from '../option-values.js';
import { print, printJson, tell } from '../output.js';
import { readText } from '../read-file.js';
import { join, type Legible, line, paint } from '../safe-text.js';
import { targetOf } from '../target.js';

interface Options extends Omit<ImportSettings, 'tails'> {
  from?: Format;
  tail?: string[];
  out?: string;
  yaml?: boolean;
}

export const catalogImport = new Command('import')
  .summary('make a catalog from another format')
  .description(
    'Makes a catalog from a document that you have: OpenAPI 3, with scopes or without; a discovery document of a Google API; a Postman collection; ' +
      'a list of cloud actions or of scopes; an export of Unkey. In JSON or YAML. No route requires less than the document does. What was left out or ' +
      'became stricter, and why, is on standard error; with --json both are one object, { format, catalog, notes }.',
  )
  .argument('<file>', 'the document; - for standard input')
  .addOption(new Option('--from <format>', 'its format (default: as its members tell)').choices(FORMATS))
  .addOption(
    new Option(
      '--permissions <of>',
      'what becomes a permission: each scope, each operation, or reading, writing and deleting of each tag or folder (default: scopes if it has any)',
    ).choices(['scopes', 'operations', 'methods']),
  )
  .option('--service <id>', 'one service for all permissions')
  .option('--base-path <path>', "of OpenAPI: the prefix of every path (default: the first server's)")
  .option(
    '--tail <parameter>',
    'of OpenAPI: a parameter at the end of a path that takes slashes; repeatable',
    collect,
  )
  .option(
    '--out <file>',
    'the file to write, .json or .yaml; it must not be there (default: standard output)',
  )
  .option('--yaml', 'write YAML')
  .addHelpText(
    'after',
    '\nExamples:\n  leastkey catalog import openapi.yaml --permissions methods --out catalog.yaml\n' +
      '  echo "read:pets write:pets" | leastkey catalog import -',
  )
  .action(async (file: string, options: Options, command: Command) => {
    const { from, tail, out, yaml, ...settings } = options;
    const content = await contentOf(await readText(file), file);
    const format = from ?? formatOf(content);
    const imported = importAs(format, content, { ...settings, ...(tail !== undefined && { tails: tail }) });
    const { catalog, notes } = imported;
    // It has the same bounds as a catalog that was written by hand.
    const { warnings } = await validateCatalog({ catalog, file: `the catalog of ${file}` });
    const text = await catalogText(catalog, yaml ? 'yaml' : syntaxOf(out ?? ''));
    if (out !== undefined) await write(out, text);
    if (targetOf(command).json) return printJson({ format, catalog, notes, warnings });
    if (out === undefined) print(text);
    shown(notes);
    tell(summaryOf(format, catalog, notes.length, warnings.length));
    if (out !== undefined) tell(line`${paint(process.stderr, 'green', 'written')}  ${out}`);
  });

async function write(file: string, text: Legible): Promise<void> {
  try {
    await writeFile(file, `${text.text}\n`, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? `${file} is there already, and perhaps edited` : message;
    throw new UsageError(`--out: ${why}; give another name, and compare: leastkey catalog diff <old> <new>`);
  }
}

/** How many different notes are shown, and how many places of each. */
const MAX_NOTES = 40;
const MAX_PLACES = 3;

/** Prints the notes, those with the same words together: a large document has thousands. */
function shown(notes: readonly Problem[]): void {
  const places = new Map<string, string[]>();
  for (const { path, message } of notes) places.set(message, [...(places.get(message) ?? []), path]);
  const groups = [...places].slice(0, MAX_NOTES);
  for (const [message, paths] of groups) {
    const where = paths.slice(0, MAX_PLACES).map((path) => paint(process.stderr, 'yellow', path));
    const more = paths.length > MAX_PLACES ? `, and ${paths.length - MAX_PLACES} more places` : '';
    tell(line`${join(where, ', ')}${more}: ${message}`);
  }
  if (places.size > MAX_NOTES) tell(line`… ${places.size - MAX_NOTES} more notes: --json has all`);
}

function summaryOf(format: Format, catalog: Catalog, notes: number, warnings: number): Legible {
  const permissions = permissionsOf(catalog);
  const routes = permissions.reduce((sum, entry) => sum + entry.routes.length, 0);
  const ambiguous =
    warnings === 0 ? '' : '; some routes match the same requests: leastkey catalog check lists them';
  return line`${counted(permissions.length, 'permission')} and ${counted(routes, 'route')} from ${format}, ${counted(notes, 'note')}${ambiguous}`;
}

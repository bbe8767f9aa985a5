import { Command, Option } from 'commander';
import { CATALOG_ARGUMENT, readCatalogArgument } from '../catalog-argument.js';
import { catalogPage } from '../catalog-docs.js';
import { validateCatalog } from '../open-deployment.js';
import { print, printJson, tell } from '../output.js';
import { line, linesOf } from '../safe-text.js';
import { targetOf } from '../target.js';
import { writeNamedFile } from '../write-file.js';

interface Options {
  format?: 'markdown' | 'html';
  out?: string;
  title: string;
}

export const catalogDocs = new Command('docs')
  .summary('write which endpoint needs which permission')
  .description(
    'Writes a page for the people who call your API: each endpoint with the permissions that it needs, and the permission sets.',
  )
  .argument('[file]', CATALOG_ARGUMENT)
  .addOption(
    new Option('--format <format>', 'the format (default: of --out, or markdown)').choices([
      'markdown',
      'html',
    ]),
  )
  .option('--out <file>', 'the file to write, .md or .html (default: standard output)')
  .option('--title <text>', 'the title of the page', 'Permissions')
  .addHelpText('after', '\nExample:\n  leastkey catalog docs catalog.yaml --out permissions.html')
  .action(async (argument: string | undefined, { out, title, ...options }: Options, command: Command) => {
    const source = await readCatalogArgument(argument, command);
    const tokens = await validateCatalog(source);
    const format = options.format ?? (/\.html?$/i.test(out ?? '') ? 'html' : 'markdown');
    const setsOf = (template: string) =>
      tokens.resolve({ templates: [template] }, { tree: false }).permissions;
    const page = catalogPage(source.catalog, format, { title, setsOf });
    if (out !== undefined) await writeNamedFile(out, page, { option: '--out' });
    if (targetOf(command).json)
      return printJson({ format, ...(out === undefined ? { page } : { written: out }) });
    if (out === undefined) print(linesOf(page));
    else tell(line`Written: ${out}`);
  });

import { Command } from 'commander';
import { type Imported, importOpenApi, importScopes } from '../../import/index.js';
import { printJson, tell } from '../output.js';
import { parseJson, readText } from '../read-file.js';
import { line, paint } from '../safe-text.js';
import type { Target } from '../target.js';

interface Options extends Pick<Target, 'json'> {
  service?: string;
  basePath?: string;
}

const openapi = new Command('openapi')
  .summary('from an OpenAPI 3 document')
  .description(
    'Creates a permission for every scope of an OpenAPI 3 document, and a route for every operation that requires one. ' +
      'No route requires less than the document does.',
  )
  .argument('<file>', 'the document, in JSON; - for standard input')
  .option('--service <id>', 'one service for all permissions (default: the first segment of each scope)')
  .option('--base-path <path>', "the prefix of every path (default: the first server's)")
  .addHelpText('after', '\nExample:\n  leastkey import openapi openapi.json > catalog.json')
  .action(async (file: string, _: Options, command: Command) => {
    const { json, service, basePath } = command.optsWithGlobals<Options>();
    const hint = '; a document in YAML must be converted first';
    const document = parseJson(await readText(file), file, { hint });
    show(importOpenApi(document, { service, basePath }), json);
  });

const scopes = new Command('scopes')
  .summary('from a list of scopes')
  .description(
    'Creates a permission for every scope of a list: separated by white space or commas, with # and a title after the last one of a line.',
  )
  .argument('<file>', 'the list; - for standard input')
  .option('--service <id>', 'one service for all permissions (default: the first segment of each scope)')
  .addHelpText('after', '\nExample:\n  echo "read:pets write:pets" | leastkey import scopes -')
  .action(async (file: string, _: Options, command: Command) => {
    const { json, service } = command.optsWithGlobals<Options>();
    show(importScopes(await readText(file), { service }), json);
  });

/** `import` is a reserved word. */
export const importing = new Command('import')
  .summary('create a catalog from another format')
  .description(
    'Creates a catalog and prints it on standard output. Omissions, and rules that became stricter, are listed on ' +
      'standard error. With --json both are printed as one object, { catalog, notes }.',
  )
  .addCommand(openapi)
  .addCommand(scopes);

function show({ catalog, notes }: Imported, json = false): void {
  printJson(json ? { catalog, notes } : catalog);
  if (json) return;
  const { stderr } = process;
  for (const { path, message } of notes) tell(line`${paint(stderr, 'yellow', path)}: ${message}`);
}

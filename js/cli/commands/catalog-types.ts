import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import { catalogTypeText } from '../catalog-type-text.js';
import { exits, UsageError } from '../exit-codes.js';
import { validateCatalog } from '../open-deployment.js';
import { complain, print, tell } from '../output.js';
import { readCatalog } from '../read-catalog.js';
import { line, linesOf } from '../safe-text.js';
import { writeNamedFile } from '../write-file.js';

interface Options {
  out?: string;
  check?: boolean;
}

export const catalogTypes = new Command('types')
  .summary('write the types of a JSON catalog')
  .description(
    'Writes the types of a JSON catalog beside it: TypeScript then completes and checks its permissions, permission sets, roles and kinds ' +
      'where the catalog is imported. Of catalog.json it writes catalog.d.json.ts, which TypeScript finds by its name if its option ' +
      'allowArbitraryExtensions is on.',
  )
  .argument('<file>', 'the catalog')
  .option('--out <file>', 'the file to write; - for standard output (default: beside the catalog)')
  .option('--check', 'write nothing, and exit 1 if the file is not what would be written')
  .addHelpText('after', '\nExample:\n  leastkey catalog types catalog.json')
  .action(async (file: string, { out, check = false }: Options) => {
    const source = await readCatalog(file);
    await validateCatalog(source);
    const text = catalogTypeText(source.catalog, basename(file));
    const path = out ?? beside(file);
    if (check) {
      const present = await readFile(path, 'utf8').catch(() => undefined);
      if (present === text) return tell(line`${path} is up to date.`);
      complain(line`leastkey: ${path} is not up to date: write it with leastkey catalog types ${file}`);
      process.exitCode = exits.refused;
      return;
    }
    if (path === '-') return print(linesOf(text));
    await writeNamedFile(path, text, { option: out === undefined ? 'file' : '--out' });
    tell(line`Written: ${path}`);
    if (/\.d\.json\.ts$/.test(path))
      tell('TypeScript takes it with "allowArbitraryExtensions": true in compilerOptions.');
  });

function beside(file: string): string {
  if (/\.json$/i.test(file)) return file.replace(/\.json$/i, '.d.json.ts');
  throw new UsageError(
    'where to? TypeScript finds the types of a .json file by their name; for another one give --out',
  );
}

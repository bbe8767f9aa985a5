import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalog } from '../api/catalog.js';
import { UsageError } from './exit-codes.js';
import { parseJson, readFileText } from './read-file.js';

const SCRIPTS = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);

/**
 * The catalog in a file, by its extension: a script has it as its default export, or as `catalog`.
 * Any content is returned: createTokens validates it.
 */
export async function readCatalog(file: string): Promise<Catalog> {
  const extension = extname(file).toLowerCase();
  if (SCRIPTS.has(extension)) return catalogOfScript(file);
  const text = await readFileText(file, 'the catalog');
  if (extension === '.yaml' || extension === '.yml') return parseYaml(text, file);
  return parseJson(text, `the catalog ${file}`) as Catalog;
}

async function catalogOfScript(file: string): Promise<Catalog> {
  let exported: { default?: unknown; catalog?: unknown };
  try {
    exported = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new UsageError(
        `this Node (${process.version}) cannot run the TypeScript of the catalog ${file}: use Node 22.18 or newer, or compile it to .mjs`,
      );
    }
    throw new UsageError(`cannot load the catalog ${file}: ${message}`);
  }
  const catalog = exported.default ?? exported.catalog;
  if (catalog !== undefined) return catalog as Catalog;
  throw new UsageError(`${file} exports no catalog: export it as the default, or as "catalog"`);
}

async function parseYaml(text: string, file: string): Promise<Catalog> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error === undefined) return document.toJS() as Catalog;
  // The message of the error may quote the file.
  const { line, col } = lines.linePos(error.pos[0]);
  throw new UsageError(`the catalog ${file} is not YAML: ${error.code} in line ${line}, column ${col}`);
}

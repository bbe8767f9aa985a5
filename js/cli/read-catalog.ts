import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalog } from '../api/catalog.js';
import { UsageError } from './exit-codes.js';
import { parseJson, parseYaml, readFileText } from './read-file.js';

const SCRIPTS = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']);

/** A catalog with its source. */
export interface CatalogSource {
  /** Any content: createTokens validates it. */
  catalog: Catalog;
  file: string;
  /** The JSON or YAML. Absent for a script: its catalog has no lines. */
  text?: string;
}

/**
 * The catalog in a file, by its extension: a script has it as its default export, or as `catalog`.
 */
export async function readCatalog(file: string): Promise<CatalogSource> {
  const extension = extname(file).toLowerCase();
  if (SCRIPTS.has(extension)) return { catalog: await catalogOfScript(file), file };
  const text = await readFileText(file, 'the catalog');
  const isYaml = extension === '.yaml' || extension === '.yml';
  const catalog = isYaml
    ? await parseYaml(text, `the catalog ${file}`)
    : parseJson(text, `the catalog ${file}`);
  return { catalog: catalog as Catalog, file, text };
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

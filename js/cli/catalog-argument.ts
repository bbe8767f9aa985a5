/** The catalog of a command on catalogs: its argument, or --catalog. */

import type { Command } from 'commander';
import { WHICH_CATALOG } from './open-deployment.js';
import { type CatalogSource, readCatalog } from './read-catalog.js';
import { required, targetOf } from './target.js';

export const CATALOG_ARGUMENT = 'the catalog (default: --catalog, or LEASTKEY_CATALOG)';

export function readCatalogArgument(file: string | undefined, command: Command): Promise<CatalogSource> {
  return readCatalog(required(file ?? targetOf(command).catalog, WHICH_CATALOG));
}

import { Command } from 'commander';
import { catalogCheck } from './catalog-check.js';
import { catalogDiff } from './catalog-diff.js';
import { catalogDocs } from './catalog-docs.js';
import { catalogImport } from './catalog-import.js';
import { catalogTree } from './catalog-tree.js';
import { catalogTypes } from './catalog-types.js';

/** Commands on a catalog. */
export const catalog = new Command('catalog')
  .summary('import, check, compare, show and document catalogs')
  .description('Works with catalogs, without tokens.')
  .addCommand(catalogImport)
  .addCommand(catalogCheck)
  .addCommand(catalogTree)
  .addCommand(catalogDiff)
  .addCommand(catalogDocs)
  .addCommand(catalogTypes);

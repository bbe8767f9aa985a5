import { Command } from 'commander';
import { catalogTypes } from './catalog-types.js';

/** Commands on a catalog. */
export const catalog = new Command('catalog')
  .summary('work with a catalog')
  .description('Works with a catalog, without tokens.')
  .addCommand(catalogTypes);

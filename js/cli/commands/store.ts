import { Command } from 'commander';
import { storeCheck } from './store-check.js';
import { storeCopy } from './store-copy.js';
import { storeReconcile } from './store-reconcile.js';

export const store = new Command('store')
  .summary('check, copy and reconcile stores')
  .description(
    'Checks a store, moves its content to another one, and ends again what a restored backup brought back.',
  )
  .addCommand(storeCheck)
  .addCommand(storeCopy)
  .addCommand(storeReconcile);

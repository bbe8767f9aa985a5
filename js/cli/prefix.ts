import type { Store } from '../api/store.js';
import { STORE_META, storedPrefix } from '../stores/store-meta.js';
import { UsageError } from './exit-codes.js';

/** The hint if the prefix is unknown. */
export const WHICH_PREFIX =
  'the prefix of credentials is required: give --prefix <text>, or set LEASTKEY_PREFIX';

/** The prefix for a store that was never used, with which no operation changes anything. */
export const NOBODYS = 'leastkey';

/**
 * The prefix of the deployment: that of the database. A given prefix must equal it, because tokens
 * with another one could not be used.
 *
 * @param isNeeded whether the command needs a prefix although the database was never used.
 */
export async function prefixOf(store: Store, given: string | undefined, isNeeded: boolean): Promise<string> {
  const [stored = null] = await store.get([STORE_META]);
  const theirs = storedPrefix(stored);
  if (given && theirs !== undefined && given !== theirs) {
    throw new UsageError(
      `the prefix is "${given}", but the database belongs to the deployment with the prefix "${theirs}": omit --prefix and LEASTKEY_PREFIX, or give another store`,
    );
  }
  if (theirs !== undefined || given) return theirs ?? (given as string);
  if (!isNeeded) return NOBODYS;
  throw new UsageError(WHICH_PREFIX);
}

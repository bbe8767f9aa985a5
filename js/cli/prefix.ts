import type { SyncStore } from '../api/store.js';
import { STORE_META, storedPrefix } from '../stores/store-meta.js';
import { UsageError } from './exit.js';

/** The question where nothing says it. */
export const WHICH_PREFIX =
  'which prefix? Give --prefix <text>, or set LEASTKEY_PREFIX; credentials start with it';

/** For a store that was never used: no operation reads or changes anything there. */
const NOBODYS = 'leastkey';

/**
 * The prefix of the deployment: what the database says, which a prefix that was given must not contradict. With another one, nothing that is
 * made could be used.
 *
 * @param isNeeded whether something is done to a database that was never used.
 */
export function prefixOf(store: SyncStore, given: string | undefined, isNeeded: boolean): string {
  const [stored = null] = store.get([STORE_META]);
  const theirs = storedPrefix(stored);
  if (given && theirs !== undefined && given !== theirs) {
    throw new UsageError(
      `the prefix is "${given}", and the database is of the deployment with the prefix "${theirs}": leave --prefix and LEASTKEY_PREFIX out, or give another --db`,
    );
  }
  if (theirs !== undefined || given) return theirs ?? (given as string);
  if (!isNeeded) return NOBODYS;
  throw new UsageError(WHICH_PREFIX);
}

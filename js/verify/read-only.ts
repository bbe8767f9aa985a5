import { LeastkeyError } from '../api/errors.js';
import type { ReadStore, Store } from '../api/store.js';

/** A store that answers reads, and refuses everything else without asking. */
export function readOnly(store: ReadStore): Store {
  return { get: (keys) => store.get(keys), list: refuse, commit: refuse };
}

function refuse(): never {
  throw new LeastkeyError(
    'store_unavailable',
    'a verifier only reads: its store is asked for nothing but get',
  );
}

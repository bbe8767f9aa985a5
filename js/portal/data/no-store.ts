import { LeastkeyError } from '../../errors.js';
import type { Store } from '../../stores/store.js';

const refuse = (): never => {
  throw new LeastkeyError(
    'store_unavailable',
    'this page resolves and mints only; the server keeps the tokens',
  );
};

/** For a core that is asked nothing that needs a store. */
export const noStore: Store = { get: refuse, list: refuse, commit: refuse };

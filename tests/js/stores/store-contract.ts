import { describe, test } from 'node:test';
import { type OpenStore, storeTests } from 'leastkey/store-kit';

/** The longest time of one call, in milliseconds: a busy machine is not a store that hangs. */
const PATIENCE = 60_000;

/** The checks of the kit on a store that ships: the contract, and what our stores do beyond it. */
export function storeContract(name: string, open: OpenStore, has: readonly ('kill' | 'link')[] = []): void {
  describe(`the storage contract: ${name}`, () => {
    storeTests(name, open, { test, has, limit: PATIENCE, also: ['refusals', 'sweeping'] });
  });
}

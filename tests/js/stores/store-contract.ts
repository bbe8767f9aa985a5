import { describe, test } from 'node:test';
import { type OpenStore, storeTests } from 'leastkey/store-kit';

/** The checks of the kit on a store that ships: the contract, and what our stores do beyond it. */
export function storeContract(name: string, open: OpenStore, has: readonly ('kill' | 'link')[] = []): void {
  describe(`the storage contract: ${name}`, () => {
    storeTests(name, open, { test, has, also: ['refusals', 'sweeping'] });
  });
}

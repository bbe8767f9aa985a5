import type { Deployment } from '../../api/catalog.js';
import type { Tokens } from '../../api/tokens.js';
import { previewOf } from '../../core/lazy-tree.js';
import { ManageCore } from '../../core/manage-core.js';
import { mintCredential } from '../../manage/mint.js';

/** The parts of the core that the portal uses. `Tokens` of a host has them too. */
export type Engine = Pick<Tokens, 'resolve' | 'expand' | 'mint'>;

/**
 * The core of a page whose tokens are on a server: it resolves and mints with the server's catalog.
 * `createTokens` would enlarge the download with code that needs a store.
 */
export async function startEngine({ catalog, prefix }: Deployment, now: () => number): Promise<Engine> {
  const catalogText = JSON.stringify(catalog);
  const core = await ManageCore.start({ config: { prefix }, catalogText }, 'start');
  return {
    resolve: (selection, { tree = true } = {}) => previewOf(core, selection, tree),
    expand: (pattern) => core.expand(pattern),
    mint: ({ id } = {}) => mintCredential(core, { reading: now, entropy: undefined }, id),
  };
}

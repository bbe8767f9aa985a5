import type { Deployment } from '../../api/catalog.js';
import type { Tokens } from '../../api/tokens.js';
import { ManageCore } from '../../core/manage-core.js';
import { mintCredential } from '../../manage/mint.js';
import { stepError } from '../../runtime/protocol.js';

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
    resolve: (selection, { tree = true } = {}) => {
      const step = core.resolve(selection, tree);
      if ('answer' in step) return step.answer as ReturnType<Engine['resolve']>;
      throw stepError(step);
    },
    expand: (pattern) => core.expand(pattern),
    mint: ({ id } = {}) => mintCredential(core, { reading: now, entropy: undefined }, id),
  };
}

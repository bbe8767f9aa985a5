import type { Deployment } from '../../api/catalog.js';
import type { Tokens } from '../../api/tokens.js';
import { ManageCore } from '../../core/manage-core.js';
import { mintCredential } from '../../manage/mint.js';
import { refusal } from '../../runtime/protocol.js';

/** The core as the portal uses it. A host that gives its own tokens gives this with them. */
export type Engine = Pick<Tokens, 'resolve' | 'expand' | 'mint'>;

/**
 * The core of a page whose tokens a server keeps: it resolves and mints by the server's catalog. `createTokens` would bring along what
 * only a program with a store needs, and the portal is downloaded.
 */
export async function startEngine({ catalog, prefix }: Deployment, now: () => number): Promise<Engine> {
  const catalogText = JSON.stringify(catalog);
  // It verifies nothing, so no token is ever remembered.
  const core = await ManageCore.start({ config: { prefix }, catalogText, capacity: 1 });
  return {
    resolve: (selection, { tree = true } = {}) => {
      const step = core.resolve(selection, tree);
      if ('answer' in step) return step.answer as ReturnType<Engine['resolve']>;
      throw refusal(step);
    },
    expand: (pattern) => core.expand(pattern),
    mint: ({ id } = {}) => mintCredential(core, { reading: now, entropy: undefined }, id),
  };
}

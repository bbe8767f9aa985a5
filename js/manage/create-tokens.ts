import type { Catalog } from '../api/catalog.js';
import type { IdsOf } from '../api/catalog-ids.js';
import type { Tokens } from '../api/tokens.js';
import type { TokensOptions } from '../api/tokens-options.js';
import { ManageCore } from '../core/manage-core.js';
import { readTokensOptions } from './read-settings.js';
import { CoreTokens } from './tokens.js';

/**
 * Starts Leastkey on a store with a catalog.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option, and for a wrong catalog with every
 * problem of it in `problems` and in the message.
 *
 * @example
 * import { createTokens } from 'leastkey';
 * import { memoryStore } from 'leastkey/stores/memory';
 *
 * const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
 */
export async function createTokens<const C extends Catalog>(
  options: TokensOptions<C>,
): Promise<Tokens<IdsOf<C>>> {
  const settings = readTokensOptions(options);
  const core = await ManageCore.start(settings);
  return new CoreTokens(core, settings);
}

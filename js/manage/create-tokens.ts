import type { Catalog } from '../api/catalog.js';
import type { IdsOf } from '../api/catalog-ids.js';
import { LeastkeyError } from '../api/errors.js';
import type { Tokens } from '../api/tokens.js';
import type { TokensOptions } from '../api/tokens-options.js';
import { ManageCore } from '../core/manage-core.js';
import { VerifyCore } from '../core/verify-core.js';
import type { Question } from '../runtime/protocol.js';
import { readTokensOptions } from './read-settings.js';
import { CoreTokens } from './tokens.js';

/**
 * Starts Leastkey on a store with a catalog.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option, and for a wrong catalog with every
 * problem of it in `problems` and in the message. With `check: 'first'`, most problems of a catalog
 * are thrown by the first management call instead.
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
  const { settings, check, verifyModule, manageModule } = readTokensOptions(options);
  let manage: ManageCore | undefined;
  const describe = (question: Question, now: number) => refusalOf(() => manage?.checkQuestion(question, now));
  const starting = VerifyCore.start(settings, verifyModule, describe);
  // Awaited after the manage core, which has better messages.
  starting.catch(() => {});
  manage = await ManageCore.start(settings, check, manageModule);
  const verify = await starting.catch((refusal: unknown) => {
    throw refusalOf(() => manage?.checkCatalog()) ?? refusal;
  });
  return new CoreTokens(verify, manage, settings);
}

/**
 * The error of a check by the manage core. It has messages for what the verify core only refuses.
 */
function refusalOf(check: () => void): LeastkeyError | undefined {
  try {
    check();
    return undefined;
  } catch (refusal) {
    // A trap says nothing of what was checked.
    const isRefusal = refusal instanceof LeastkeyError && refusal.code !== 'internal';
    return isRefusal ? refusal : undefined;
  }
}

import type { TokensOptions } from '../../api/tokens-options.js';

/** When the manage module is compiled and the whole catalog checked. */
export type CatalogCheck = NonNullable<TokensOptions['check']>;

/** What a loader of the manage module says of its runtime. */
export interface LoaderFacts {
  /** The default of the option `check`. */
  check: CatalogCheck;
  /** Whether the module can be loaded without a promise, so by a synchronous call too. */
  isSync: boolean;
}

import type { Tokens } from '../../tokens.js';

/** Whether the catalog of today has a permission. */
export function isKnown(permission: string, tokens: Tokens): boolean {
  try {
    return tokens.expand(permission).length > 0;
  } catch {
    return false;
  }
}

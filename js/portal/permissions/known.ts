import type { Engine } from '../data/engine.js';

/** Whether the catalog of today has a permission. */
export function isKnown(permission: string, engine: Engine): boolean {
  try {
    return engine.expand(permission).length > 0;
  } catch {
    return false;
  }
}

import type { Branch } from '../../api/selection.js';
import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';
import { choiceOf, difference, isKnown, selectionOf } from '../permissions/edited-selection.js';

/** The difference of a token from the current catalog. */
export interface Stand {
  /** Its permissions in the tree of all services. */
  tree: readonly Branch[];
  /** Permissions that the catalog no longer has. */
  gone: readonly string[];
  /** Permissions that its selection would grant now, and that it lacks. */
  adds: readonly string[];
  /** Permissions that it has, and that its selection would not grant now. */
  drops: readonly string[];
}

export function standOf(record: TokenRecord, engine: Engine): Stand {
  const gone = record.permissions.filter((id) => !isKnown(id, engine));
  const known = record.permissions.filter((id) => !gone.includes(id));
  try {
    const today = engine.resolve(selectionOf(choiceOf(record)));
    const { adds, drops } = difference(known, today.permissions);
    // Only a selection that resolves to the same permissions explains them.
    if (adds.length + drops.length === 0) return { tree: today.tree ?? [], gone, adds, drops };
    return { tree: exactly(known, engine), gone, adds, drops };
  } catch {
    // The catalog no longer has one of its templates or its role.
    return { tree: exactly(known, engine), gone, adds: [], drops: [] };
  }
}

/** The tree of these permissions, without implied ones. */
function exactly(permissions: readonly string[], engine: Engine): readonly Branch[] {
  const { permissions: closed } = engine.resolve({ add: permissions }, { tree: false });
  const { adds } = difference(permissions, closed);
  return engine.resolve({ add: permissions, ...(adds.length > 0 ? { remove: adds } : {}) }).tree ?? [];
}

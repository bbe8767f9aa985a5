import type { Branch } from '../../api/selection.js';
import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/engine.js';
import { choiceOf, difference, isKnown, selectionOf } from '../permissions/choice.js';

/** How a token stands to the catalog of today. */
export interface Stand {
  /** What it has, in the tree of all services. */
  tree: readonly Branch[];
  /** Permissions that the catalog has no more. */
  gone: readonly string[];
  /** What its selection would give today, and it does not have. */
  adds: readonly string[];
  /** What it has, and its selection would not give today. */
  drops: readonly string[];
}

export function standOf(record: TokenRecord, engine: Engine): Stand {
  const gone = record.permissions.filter((id) => !isKnown(id, engine));
  const known = record.permissions.filter((id) => !gone.includes(id));
  try {
    const today = engine.resolve(selectionOf(choiceOf(record)));
    const { adds, drops } = difference(known, today.permissions);
    // Only a selection that still comes to the same tells where each permission is from.
    if (adds.length + drops.length === 0) return { tree: today.tree ?? [], gone, adds, drops };
    return { tree: exactly(known, engine), gone, adds, drops };
  } catch {
    // A template or a role of it is not in the catalog any more.
    return { tree: exactly(known, engine), gone, adds: [], drops: [] };
  }
}

/** The tree of these permissions, without what they bring along today. */
function exactly(permissions: readonly string[], engine: Engine): readonly Branch[] {
  const { permissions: closed } = engine.resolve({ add: permissions }, { tree: false });
  const { adds } = difference(permissions, closed);
  return engine.resolve({ add: permissions, ...(adds.length > 0 ? { remove: adds } : {}) }).tree ?? [];
}

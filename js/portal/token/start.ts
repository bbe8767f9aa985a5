import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/engine.js';
import { type Choice, choiceOf, NOTHING, selectionOf } from '../permissions/choice.js';
import { isKnown } from '../permissions/known.js';

/** Where editing starts: how the token was chosen, or what it has, where the catalog cannot follow the choice any more. */
export function startOf(record: TokenRecord, engine: Engine): Choice {
  const choice = choiceOf(record);
  try {
    engine.resolve(selectionOf(choice), { tree: false });
    return choice;
  } catch {
    const known = record.permissions.filter((id) => isKnown(id, engine));
    return { ...NOTHING, add: known };
  }
}

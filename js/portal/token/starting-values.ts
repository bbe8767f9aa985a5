import type { DescribedKind } from '../../api/choices.js';
import type { TokenRecord } from '../../api/token.js';
import { covers } from '../data/authority.js';
import type { Engine } from '../data/portal-core.js';
import { type Choice, choiceOf, isKnown, NOTHING, selectionOf } from '../permissions/edited-selection.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';

/**
 * The permissions that the actor can grant to a token: at most its own, and those of the technical
 * user. The token can keep what it has.
 */
export async function ceilingOf(portal: Portal, record: TokenRecord): Promise<ReadonlySet<string>> {
  const { technicalUser, resource, permissions } = record;
  if (technicalUser === undefined) return new Set([...portal.ceiling, ...permissions]);
  const { ceilings } = await portal.source.account(technicalUser);
  const held = ceilings
    .filter((ceiling) => covers(ceiling.resource, resource))
    .flatMap((ceiling) => ceiling.permissions);
  return new Set([...held.filter((id) => portal.ceiling.has(id)), ...permissions]);
}

/**
 * The initial choice of the editor: the token's selection, or its permissions if the catalog no
 * longer resolves the selection.
 */
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

const HOUR = DAY / 24;

const USUAL = [0, HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY];

/** The grace periods to offer for a rotation. */
export function gracesOf(rules: DescribedKind | undefined): { graces: number[]; usual: number } {
  const { grace, longestGrace } = rules?.rotation ?? { grace: DAY, longestGrace: DAY };
  const graces = [...new Set([...USUAL, grace, longestGrace])].filter((each) => each <= longestGrace);
  return { graces: graces.sort((a, b) => a - b), usual: grace };
}

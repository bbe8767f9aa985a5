import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/engine.js';
import { type Choice, difference, isKnown, NOTHING } from '../permissions/choice.js';
import type { Portal } from '../portal.js';
import { DAY } from '../text/times.js';

/** Without use for so long, something deserves a look. */
export const LONG = 30 * DAY;

/** What a token has and does not use. */
export interface Idle {
  /** The permissions that it used within {@link LONG}, and what those bring along. */
  needed: readonly string[];
  /** The others that it has. */
  unused: readonly string[];
  /** None of those was used since then. */
  since: number;
}

/**
 * Which permissions of a token were not used for long; nothing where that is not known for so long,
 * or where all were used.
 */
export function idleOf(
  { titles, now }: Pick<Portal, 'titles' | 'now'>,
  record: TokenRecord,
): Idle | undefined {
  const { permissions, permissionUse } = record;
  if (permissionUse === undefined) return undefined;
  const { since, lastUsedAt } = permissionUse;
  const until = now() - LONG;
  if (since > until) return undefined;
  const used = permissions.filter((id) => usedAt(lastUsedAt, id) > until);
  // A token that is not used at all is told of as such.
  if (used.length === 0) return undefined;
  const closed = titles.closure(used);
  const needed = permissions.filter((id) => closed.has(id));
  const unused = permissions.filter((id) => !closed.has(id));
  if (unused.length === 0) return undefined;
  return { needed, unused, since: Math.max(since, ...unused.map((id) => usedAt(lastUsedAt, id))) };
}

const usedAt = (times: Readonly<Record<string, number>>, id: string) =>
  (Object.hasOwn(times, id) ? times[id] : undefined) ?? Number.NEGATIVE_INFINITY;

/** The choice that gives a token just this much of what it has, held where it is held now. */
export function narrowedTo(record: TokenRecord, needed: readonly string[], engine: Engine): Choice {
  const add = needed.filter((id) => isKnown(id, engine));
  const { permissions } = engine.resolve({ add }, { tree: false });
  const { adds: remove } = difference(add, permissions);
  const resources = Object.entries(record.resources ?? {}).filter(([id]) => add.includes(id));
  return {
    ...NOTHING,
    add,
    remove,
    ...(resources.length === 0 ? {} : { resources: Object.fromEntries(resources) }),
  };
}

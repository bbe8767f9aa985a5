import type { TokenSummary } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';
import { type Choice, difference, isKnown, NOTHING } from '../permissions/edited-selection.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';

/** The time without use after which permissions are reported. */
export const LONG = 30 * DAY;

/** The unused permissions of a token. */
export interface Idle {
  /** The permissions used within {@link LONG}, and what they imply. */
  needed: readonly string[];
  /** Its other permissions. */
  unused: readonly string[];
  /** The instant since which none of those was used. */
  since: number;
}

/**
 * The permissions that were not used for long; `undefined` if usage is unknown, or all were used.
 */
export function idleOf(
  { titles, now }: Pick<Portal, 'titles' | 'now'>,
  record: TokenSummary,
): Idle | undefined {
  const { permissions, permissionUse } = record;
  if (permissionUse === undefined || permissions === undefined) return undefined;
  const { since, lastUsedAt } = permissionUse;
  const until = now() - LONG;
  if (since > until) return undefined;
  const used = permissions.filter((id) => usedAt(lastUsedAt, id) > until);
  // A completely unused token is reported as such.
  if (used.length === 0) return undefined;
  const closed = titles.closure(used);
  const needed = permissions.filter((id) => closed.has(id));
  const unused = permissions.filter((id) => !closed.has(id));
  if (unused.length === 0) return undefined;
  return { needed, unused, since: Math.max(since, ...unused.map((id) => usedAt(lastUsedAt, id))) };
}

const usedAt = (times: Readonly<Record<string, number>>, id: string) =>
  (Object.hasOwn(times, id) ? times[id] : undefined) ?? Number.NEGATIVE_INFINITY;

/** The choice that limits a token to these permissions, with their current resources. */
export function narrowedTo(record: TokenSummary, needed: readonly string[], engine: Engine): Choice {
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

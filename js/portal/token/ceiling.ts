import type { TokenRecord } from '../../api/token.js';
import { covers } from '../data/authority.js';
import type { Portal } from '../portal.js';

/**
 * What a token can be given by whoever looks at it: no more than they have, and no more than the technical user has that backs it.
 * What the token has already it can keep.
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

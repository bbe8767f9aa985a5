import { Listing } from './list/list-loader.js';
import type { Portal } from './portal-context.js';

/** The portal context for an owner, with the rights of the actor there. */
export async function atOwner(
  portal: Portal,
  owner: string,
  wanted: readonly string[] | undefined,
  redraw: () => void,
): Promise<Portal> {
  const { kinds, ceiling } = await portal.source.describe(owner);
  const shown = kinds.filter(({ id }) => wanted === undefined || wanted.includes(id));
  const { texts, source, owners } = portal;
  return {
    ...portal,
    owner,
    owners: owners.some(({ id }) => id === owner) ? owners : [...owners, { id: owner, title: owner }],
    kinds: new Map(shown.map((kind) => [kind.id, kind])),
    ceiling: new Set(ceiling),
    listing: new Listing(source, owner, redraw),
    kindTitle: (id) => kinds.find((kind) => kind.id === id)?.title ?? texts.find(`kind.${id}`) ?? id,
    offeredKinds: () => shown.filter(({ manage, exchanged }) => manage && !exchanged),
  };
}

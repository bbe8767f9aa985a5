import type { View } from './portal.js';

/** A screen that has an address, and whose tokens it is about, if the address says so. */
export interface Route {
  view: View;
  owner?: string;
}

/** The address of a screen, as a fragment. That of a new secret leads to the list: what is shown once has no address to come back to. */
export function addressOf(view: View, owner: string): string {
  const of = owner === '' ? '' : `?owner=${encodeURIComponent(owner)}`;
  switch (view.screen) {
    case 'create':
      return `#/new${of}`;
    case 'token':
      return `#/tokens/${view.id}`;
    case 'edit':
      return `#/tokens/${view.id}/edit`;
    case 'once':
      return view.rotated ? `#/tokens/${view.record.id}` : '#/created';
    default:
      return `#/tokens${of}`;
  }
}

const ROUTE = /^#\/(?:(new)|tokens(?:\/([0-9A-Za-z]{1,64})(\/edit)?)?)(?:\?owner=([^&]{1,800}))?$/;

/** What a fragment leads to; nothing where it is none of ours. */
export function routeOf(fragment: string): Route | undefined {
  const found = ROUTE.exec(fragment);
  if (found === null) return undefined;
  const [, create, id, edit, owner] = found;
  const view: View =
    create !== undefined
      ? { screen: 'create' }
      : id === undefined
        ? { screen: 'list' }
        : { screen: edit === undefined ? 'token' : 'edit', id };
  const decoded = owner === undefined ? undefined : plain(owner);
  return decoded === undefined ? { view } : { view, owner: decoded };
}

function plain(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

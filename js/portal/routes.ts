import type { View } from './portal-context.js';

/** A screen with an address, and the owner if the address names one. */
export interface ScreenRoute {
  view: View;
  owner?: string;
}

/**
 * The address of a screen as a fragment. A new secret has the address of the list, because it is
 * shown only once.
 */
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

/** The screen of a fragment; `undefined` if it is not one of the portal. */
export function routeOf(fragment: string): ScreenRoute | undefined {
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

import { withoutPrefill } from './create/prefill.js';
import type { View } from './portal.js';
import { addressOf, type Route, routeOf } from './routes.js';

/** What the history of the page asks of the portal. */
export interface Shown {
  /** Shows the screen of an address. */
  show(route: Route): void;
  /** Whether the screen may be left now. If not, `leave` is for when somebody says so. */
  mayLeave(leave: () => void): boolean;
}

/** Keeps the address of the page and the screen in step, where the host wants that. */
export class PageHistory {
  readonly #portal: Shown;
  /** The address of the screen that is shown. */
  #address = '';
  #listening = false;

  constructor(portal: Shown) {
    this.#portal = portal;
  }

  /** Begins with the address that the page has: what it leads to, if it is one of ours. */
  start(): Route | undefined {
    if (!this.#listening) addEventListener('popstate', this.#move);
    this.#listening = true;
    const route = routeOf(location.hash);
    if (route !== undefined) this.#address = location.hash;
    return route;
  }

  stop(): void {
    removeEventListener('popstate', this.#move);
    this.#listening = false;
  }

  /** Enters a screen that is shown now; `replace`: in the place of the one before, which nobody should come back to. */
  enter(view: View, owner: string, replace: boolean): void {
    if (!this.#listening) return;
    const address = addressOf(view, owner);
    if (address === this.#address) return;
    // The first address of all is that of the page itself, with what a link has filled in. Whoever goes on leaves that behind.
    if (this.#address === '') history.replaceState(null, '', address);
    else if (replace) history.replaceState(null, '', `${withoutPrefill(location)}${address}`);
    else history.pushState(null, '', `${withoutPrefill(location)}${address}`);
    this.#address = address;
  }

  /** Somebody went back or forward, or typed an address. */
  readonly #move = (): void => {
    const there = location.hash;
    if (there === this.#address) return;
    const go = () => {
      this.#address = there;
      if (location.hash !== there) history.replaceState(null, '', there);
      this.#portal.show(routeOf(there) ?? { view: { screen: 'list' } });
    };
    if (this.#portal.mayLeave(go)) go();
    // The browser is there already; the address comes back to the screen, which stays.
    else history.pushState(null, '', this.#address);
  };
}

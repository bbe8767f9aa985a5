import { withoutPrefill } from './create/prefill.js';
import type { View } from './portal-context.js';
import { addressOf, routeOf, type ScreenRoute } from './routes.js';

/** What the page history needs from the portal. */
export interface HistoryHost {
  /** Shows the screen of an address. */
  show(route: ScreenRoute): void;
  /** Whether the screen may be left now. If not, the portal calls `leave` after a confirmation. */
  mayLeave(leave: () => void): boolean;
}

/** Synchronizes the address of the page with the screen, if the host wants that. */
export class PageHistory {
  readonly #portal: HistoryHost;
  /** The address of the screen that is shown. */
  #address = '';
  #listening = false;

  constructor(portal: HistoryHost) {
    this.#portal = portal;
  }

  /** Starts with the screen of the page's address, if it is one of the portal. */
  start(): ScreenRoute | undefined {
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

  /** Adds a screen to the history. `replace`: replaces the current entry. */
  enter(view: View, owner: string, replace: boolean): void {
    if (!this.#listening) return;
    const address = addressOf(view, owner);
    if (address === this.#address) return;
    // The first address is that of the page, with prefilled values, which later entries drop.
    if (this.#address === '') history.replaceState(null, '', address);
    else if (replace) history.replaceState(null, '', `${withoutPrefill(location)}${address}`);
    else history.pushState(null, '', `${withoutPrefill(location)}${address}`);
    this.#address = address;
  }

  /** The user went back or forward, or typed an address. */
  readonly #move = (): void => {
    const there = location.hash;
    if (there === this.#address) return;
    const go = () => {
      this.#address = there;
      if (location.hash !== there) history.replaceState(null, '', there);
      this.#portal.show(routeOf(there) ?? { view: { screen: 'list' } });
    };
    if (this.#portal.mayLeave(go)) go();
    // The browser has already navigated: restore the address of the screen, which stays.
    else history.pushState(null, '', this.#address);
  };
}

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Rows beyond the edges of the screen that are drawn all the same. */
const MARGIN = 12;

/** Of many rows of one height, those that can be seen: only they are drawn. */
export class RowWindow implements ReactiveController {
  first = 0;
  last = 2 * MARGIN;
  /** The height of a row, as it was measured. */
  height = 72;
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #body: () => HTMLElement | null;
  #frame = 0;

  /** @param body what holds the rows */
  constructor(host: ReactiveControllerHost & HTMLElement, body: () => HTMLElement | null) {
    this.#host = host;
    this.#body = body;
    host.addController(this);
  }

  hostConnected(): void {
    // Scrolling does not bubble, and the list may stand in any box that scrolls.
    addEventListener('scroll', this.#look, { capture: true, passive: true });
    addEventListener('resize', this.#look, { passive: true });
  }

  hostDisconnected(): void {
    removeEventListener('scroll', this.#look, { capture: true });
    removeEventListener('resize', this.#look);
    cancelAnimationFrame(this.#frame);
  }

  hostUpdated(): void {
    this.#look();
  }

  readonly #look = (): void => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#measure());
  };

  #measure(): void {
    const body = this.#body();
    if (body === null) return;
    const height = body.querySelector('tr[data-row]')?.getBoundingClientRect().height ?? this.height;
    const above = -body.getBoundingClientRect().top;
    // A block of rows at a time: most scrolling then draws nothing new.
    const block = (rows: number) => Math.floor(rows / MARGIN) * MARGIN;
    const first = Math.max(0, block(above / height) - MARGIN);
    const last = Math.max(first, block((above + innerHeight) / height) + 2 * MARGIN);
    if (first === this.first && last === this.last && height === this.height) return;
    Object.assign(this, { first, last, height });
    this.#host.requestUpdate();
  }
}

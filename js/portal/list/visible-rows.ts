import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** The rows beyond the viewport that are rendered. */
const MARGIN = 12;

/** Renders only the visible ones of many rows of equal height. */
export class RowWindow implements ReactiveController {
  first = 0;
  last = 2 * MARGIN;
  /** The measured height of a row. */
  height = 72;
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #body: () => HTMLElement | null;
  #frame = 0;

  /** @param body the element with the rows */
  constructor(host: ReactiveControllerHost & HTMLElement, body: () => HTMLElement | null) {
    this.#host = host;
    this.#body = body;
    host.addController(this);
  }

  hostConnected(): void {
    // Scroll events do not bubble, and any ancestor may scroll.
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
    // In blocks of rows, so that most scroll events render nothing.
    const block = (rows: number) => Math.floor(rows / MARGIN) * MARGIN;
    const first = Math.max(0, block(above / height) - MARGIN);
    const last = Math.max(first, block((above + innerHeight) / height) + 2 * MARGIN);
    if (first === this.first && last === this.last && height === this.height) return;
    Object.assign(this, { first, last, height });
    this.#host.requestUpdate();
  }
}

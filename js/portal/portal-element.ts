import { html, LitElement, type TemplateResult } from 'lit';
import type { Portal } from './portal-context.js';

/**
 * The base class of the portal's elements. They render into the portal's tree, so that they share
 * one style sheet and one set of ids.
 */
export abstract class PortalElement extends LitElement {
  static override properties: Record<string, object> = { portal: { attribute: false } };
  declare portal: Portal;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** A text of the portal. */
  protected t(key: string, values?: Readonly<Record<string, string | number>>, kind?: string): string {
    return this.portal.texts.of(key, values, kind);
  }

  /** Focuses the heading of a new screen. */
  protected focusHeading(): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('h2')?.focus());
  }
}

/** Focuses a field, and opens the sections that contain it. */
export function reveal(field: HTMLElement): void {
  for (let at = field.closest('details'); at != null; at = at.parentElement?.closest('details') ?? null) {
    at.open = true;
  }
  field.focus();
}

/** An instant, absolute and relative. */
export function instant(portal: Portal, at: number | undefined, none: string): TemplateResult | string {
  if (at === undefined) return none;
  const { times, now } = portal;
  return html`<time datetime=${new Date(at).toISOString()} title=${times.exact(at)}
    ><span>${times.relative(at, now())}</span> <small>${times.day(at)}</small></time
  >`;
}

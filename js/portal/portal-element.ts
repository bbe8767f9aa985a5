import { html, LitElement, type TemplateResult } from 'lit';
import type { Portal } from './portal.js';

/**
 * A part of the portal's screen. It draws into the portal's own tree, so that one style sheet and one set of ids serve all.
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

  /** Puts the focus on the heading of a screen that has just come. */
  protected focusHeading(): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('h2')?.focus());
  }
}

/** Puts the focus on a field, wherever it is folded away. */
export function reveal(field: HTMLElement): void {
  for (let at = field.closest('details'); at != null; at = at.parentElement?.closest('details') ?? null) {
    at.open = true;
  }
  field.focus();
}

/** An instant, told both ways. */
export function instant(portal: Portal, at: number | undefined, none: string): TemplateResult | string {
  if (at === undefined) return none;
  const { times, now } = portal;
  return html`<time datetime=${new Date(at).toISOString()} title=${times.exact(at)}
    ><span>${times.relative(at, now())}</span> <small>${times.day(at)}</small></time
  >`;
}

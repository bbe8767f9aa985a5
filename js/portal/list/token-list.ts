import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { errorBox } from '../error-box.js';
import { icon } from '../icons.js';
import { PortalElement } from '../portal-element.js';
import { listTools } from './list-filters.js';
import { EVERYTHING } from './list-loader.js';
import { tokenRow } from './token-row.js';
import { RowWindow } from './visible-rows.js';

/** All tokens of an owner. */
export class TokenList extends PortalElement {
  readonly #window = new RowWindow(this, () => this.querySelector('tbody'));
  #typing: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
  }

  protected override render(): TemplateResult {
    const { portal } = this;
    const offered = portal.offeredKinds().length > 0;
    return html`
      <header class="bar">
        <h2 tabindex="-1">${this.t('portal.title')}</h2>
        ${
          offered
            ? html`<button class="primary" @click=${() => portal.open({ screen: 'create' })}>
              ${icon('plus')} ${this.t('list.create')}
            </button>`
            : ''
        }
      </header>
      <p class="guidance">${this.t('portal.guidance')}</p>
      ${listTools(portal, (search) => this.#search(search))} ${this.#count()} ${this.#content()}
    `;
  }

  #content(): TemplateResult {
    const { portal } = this;
    const { listing } = portal;
    if (listing.state === 'failed' && listing.items.length === 0) {
      return errorBox(portal, listing.error, () => void listing.more());
    }
    if (listing.items.length === 0) {
      if (listing.ended) return this.#empty();
      return listing.filtering && listing.next !== undefined ? this.#searching() : this.#begun();
    }
    return html`
      ${listing.state === 'failed' ? errorBox(portal, listing.error, () => void listing.more()) : ''}
      ${this.#table()} ${this.#further()}
    `;
  }

  #table(): TemplateResult {
    const { portal } = this;
    const { items } = portal.listing;
    const { first, last, height } = this.#window;
    const shown = items.slice(first, last);
    // As a property: a strict CSP blocks the attribute.
    const gap = (rows: number) => `height: ${Math.max(0, rows) * height}px`;
    return html`
      <table aria-rowcount=${portal.listing.ended ? items.length + 1 : -1}>
        <caption class="unseen">${this.t('list.caption', { owner: ownerTitle(portal) })}</caption>
        <thead>
          <tr aria-rowindex="1">
            <th scope="col">${this.t('list.name')}</th>
            <th scope="col" class="wide">${this.t('list.kind')}</th>
            <th scope="col" class="wide">${this.t('list.created')}</th>
            <th scope="col" class="middle">${this.t('list.expires')}</th>
            <th scope="col" class="wide">${this.t('list.used')}</th>
            <th scope="col">${this.t('list.status')}</th>
            <th scope="col" class="middle"><span class="unseen">${this.t('list.actions')}</span></th>
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden="true" class="gap"><td .style=${gap(first)}></td></tr>
          ${repeat(
            shown,
            ({ id }) => id,
            (record, at) => tokenRow(portal, record, first + at + 2),
          )}
          <tr aria-hidden="true" class="gap"><td .style=${gap(items.length - last)}></td></tr>
        </tbody>
      </table>
    `;
  }

  #count(): TemplateResult {
    const { texts, listing } = this.portal;
    const { items, ended, unreadable } = listing;
    if (items.length === 0 && listing.state === 'failed') return html``;
    const key = ended ? 'list.count' : listing.filtering ? 'list.looking' : 'list.more';
    return html`
      <p class=${listing.empty ? 'unseen' : 'count'} role="status">
        ${items.length === 0 && listing.state === 'loading' ? this.t('portal.loading') : texts.count(key, items.length)}
        ${!ended && listing.order !== 'newest' ? this.t('list.partly') : ''}
      </p>
      ${
        unreadable.length > 0
          ? html`<p class="note warning">${icon('warning')} ${texts.count('list.unreadable', unreadable.length)}</p>`
          : ''
      }
    `;
  }

  #further(): TemplateResult | string {
    const { listing } = this.portal;
    if (listing.ended && listing.state !== 'loading') return '';
    if (listing.state === 'loading') {
      return html`<p class="further">
        <progress aria-label=${this.t('portal.loading')}></progress>
        <button @click=${() => this.#keepFocus(() => listing.stop())}>${this.t('list.stop')}</button>
      </p>`;
    }
    return html`<p class="further">
      <button @click=${() => this.#keepFocus(() => void listing.more())}>
        ${this.t(listing.filtering ? 'list.goOn' : 'list.load')}
      </button>
      <button @click=${() => this.#keepFocus(() => void listing.rest())}>${this.t('list.loadAll')}</button>
    </p>`;
  }

  #empty(): TemplateResult {
    const { portal } = this;
    const { listing } = portal;
    if (listing.filtering) {
      return html`<div class="empty">
        <h3>${this.t('list.nothing.title')}</h3>
        <p>${this.t('list.nothing.text')}</p>
        <p class="further">${this.#clear()}</p>
      </div>`;
    }
    return html`<div class="empty">
      ${icon('key')}
      <h3>${this.t('list.empty.title')}</h3>
      <p>${this.t('list.empty.text')}</p>
    </div>`;
  }

  /** The pressed button is replaced by another, which gets the focus. */
  #keepFocus(act: () => void): void {
    act();
    // The portal renders first, then this list.
    requestAnimationFrame(() => this.querySelector<HTMLElement>('.further button')?.focus());
  }

  /** No match so far: the progress, and buttons to stop or continue. */
  #searching(): TemplateResult {
    const { portal } = this;
    const { listing } = portal;
    const { since } = listing;
    const title =
      since === undefined
        ? this.t('list.yet.title')
        : this.t('list.yet.since', { time: portal.times.minute(since) });
    return html`<div class="empty">
      <h3>${title}</h3>
      ${listing.state === 'loading' ? '' : html`<p>${this.t('list.yet.text')}</p>`}
      ${this.#further()}
      <p class="further">${this.#clear()}</p>
    </div>`;
  }

  #clear(): TemplateResult {
    const { listing } = this.portal;
    return html`<button @click=${() => void listing.restart(EVERYTHING)}>${this.t('list.clear')}</button>`;
  }

  /** Nothing was loaded yet. */
  #begun(): TemplateResult {
    return this.portal.listing.state === 'loading' ? this.#skeleton() : html`${this.#further()}`;
  }

  /** Placeholders for rows. */
  #skeleton(): TemplateResult {
    return html`<div class="skeleton" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<div></div>`)}</div>`;
  }

  /** Debounces typing. */
  #search(search: string): void {
    clearTimeout(this.#typing);
    const { listing } = this.portal;
    this.#typing = setTimeout(() => void listing.restart({ ...listing.filters, search: search.trim() }), 250);
  }
}

const ownerTitle = ({ owner, owners }: PortalElement['portal']) =>
  owners.find(({ id }) => id === owner)?.title ?? owner;

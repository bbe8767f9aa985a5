import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Branch, Source } from '../../api/selection.js';
import type { PermissionUse } from '../../api/usage.js';
import { icon } from '../icons.js';
import { PortalElement } from '../portal-element.js';
import { permissionsIn } from './edited-selection.js';
import {
  givenIn,
  onlyGiven,
  permissionsShown,
  type ShownNode,
  shownOf,
  stateShown,
} from './visible-nodes.js';

/** A change in the tree: it affects displayed permissions only. */
export class TreeChange extends Event {
  readonly ids: readonly string[];
  readonly given: boolean;
  /** How many permissions below are hidden by a filter. */
  readonly hidden: number;

  constructor(ids: readonly string[], given: boolean, hidden: number) {
    super('tree-change');
    this.ids = ids;
    this.given = given;
    this.hidden = hidden;
  }
}

/** All services and permissions, with checkboxes of three states. */
export class PermissionTree extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    tree: { attribute: false },
    fixed: { attribute: false },
    use: { attribute: false },
    said: { attribute: false },
    words: { state: true },
    onlyGiven: { state: true },
    open: { state: true },
  };
  /** The tree of `resolve`. */
  declare tree: readonly Branch[];
  /** Read-only. */
  declare fixed: boolean;
  /** When the permissions were last used, if known. */
  declare use: PermissionUse | undefined;
  /** The result of the last change, as text. */
  declare said: string;
  declare words: string;
  declare onlyGiven: boolean;
  /** The nodes that the user opened. */
  declare open: ReadonlySet<string>;

  constructor() {
    super();
    this.tree = [];
    this.fixed = false;
    this.said = '';
    this.words = '';
    this.onlyGiven = false;
    this.open = new Set();
  }

  protected override render(): TemplateResult {
    const shown = this.#shown();
    return html`
      <div class="tools">
        <label class="grow">
          <span>${this.t('advanced.search')}</span>
          <input
            type="search"
            .value=${live(this.words)}
            @input=${(event: Event) => {
              this.#filter({ words: (event.target as HTMLInputElement).value });
            }}
          />
        </label>
        ${
          this.fixed
            ? ''
            : html`<label class="check">
              <input
                type="checkbox"
                .checked=${live(this.onlyGiven)}
                @change=${(event: Event) => {
                  this.#filter({ onlyGiven: (event.target as HTMLInputElement).checked });
                }}
              />
              <span>${this.t('advanced.only')}</span>
            </label>`
        }
      </div>
      ${this.fixed ? '' : html`<p class=${this.said === '' ? 'unseen' : 'count'} role="status">${this.said}</p>`}
      ${shown.length === 0 ? html`<p>${this.t('advanced.none')}</p>` : this.#branches(shown)}
    `;
  }

  /** The announcement applies to the displayed rows only. */
  #filter(change: { words: string } | { onlyGiven: boolean }): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event('filter-change'));
  }

  #shown(): ShownNode[] {
    const given = this.fixed || this.onlyGiven;
    const words = this.words.trim().toLocaleLowerCase();
    const found = shownOf(this.tree, ({ id, title, description = '' }) =>
      [id, title, description].some((text) => text.toLocaleLowerCase().includes(words)),
    );
    return given ? onlyGiven(found) : found;
  }

  #branches(nodes: readonly ShownNode[]): TemplateResult {
    return html`<ul class="tree">
      ${repeat(
        nodes,
        ({ branch }) => branch.id,
        (node) => this.#node(node),
      )}
    </ul>`;
  }

  #node(node: ShownNode): TemplateResult {
    const { branch, children } = node;
    const { id, title } = branch;
    const open = this.open.has(id) || this.words.trim() !== '';
    return html`<li>
      <div class="node">
        ${
          children.length === 0
            ? html`<span class="leaf"></span>`
            : html`<button
              type="button"
              class="fold"
              aria-expanded=${open}
              aria-label=${title}
              @click=${() => this.#fold(id)}
            >
              ${icon(open ? 'down' : 'right')}
            </button>`
        }
        ${this.fixed ? this.#mark(node) : this.#box(node)}
      </div>
      ${open && children.length > 0 ? this.#branches(children) : ''}
    </li>`;
  }

  /** A checkbox affects the displayed rows only, not the filtered ones. */
  #box(node: ShownNode): TemplateResult {
    const { branch } = node;
    const ids = permissionsShown(node);
    const hidden = permissionsIn(branch).length - ids.length;
    const state = hidden === 0 ? branch.state : stateShown(node);
    return html`<label class="check">
      <input
        type="checkbox"
        .checked=${live(state === 'on')}
        .indeterminate=${live(state === 'partly')}
        @change=${(event: Event) => {
          const box = event.target as HTMLInputElement;
          this.dispatchEvent(new TreeChange(ids, box.checked, hidden));
          // If only granted permissions are displayed, a cleared row disappears, and the focus with
          // it.
          requestAnimationFrame(() => {
            if (!box.isConnected) this.querySelector<HTMLElement>('input[type="search"]')?.focus();
          });
        }}
      />
      ${this.#words(node)}
    </label>`;
  }

  #mark(node: ShownNode): TemplateResult {
    return html`<span class="check">
      ${icon(node.branch.state === 'on' ? 'check' : 'partly')} ${this.#words(node)}
    </span>`;
  }

  #words(node: ShownNode): TemplateResult {
    const { id, title, description, deprecated, from, children } = node.branch;
    const inside = permissionsIn(node.branch).length;
    const shown = permissionsShown(node).length;
    const sources = [...new Set(from.map((source) => this.#source(source)))];
    return html`<span class="words">
      <span
        >${title}
        ${children.length > 0 ? html`<small>${this.#countOf(node.branch, inside, shown)}</small>` : html`<code>${id}</code>`}
        ${deprecated ? html`<span class="badge">${this.t('tree.deprecated')}</span>` : ''}</span
      >
      ${description === undefined ? '' : html`<small>${description}</small>`}
      ${sources.length === 0 ? '' : html`<small class="from">${this.portal.texts.list(sources)}</small>`}
      ${children.length === 0 ? this.#used(id) : ''}
    </span>`;
  }

  /** How many permissions are granted of all, and how many are displayed. */
  #countOf(branch: Branch, inside: number, shown: number): string {
    const given = `${givenIn(branch)} / ${inside}`;
    if (this.fixed || shown === inside) return given;
    return `${given} · ${this.portal.texts.count('tree.shown', shown)}`;
  }

  #used(id: string): TemplateResult | string {
    const { use, portal } = this;
    if (use === undefined) return '';
    const at = Object.hasOwn(use.lastUsedAt, id) ? use.lastUsedAt[id] : undefined;
    if (at === undefined)
      return html`<small>${this.t('idle.never', { since: portal.times.day(use.since) })}</small>`;
    const time = portal.times.relative(at, portal.now());
    return html`<small title=${portal.times.exact(at)}>${this.t('idle.at', { time })}</small>`;
  }

  #source(source: Source): string {
    const { titles } = this.portal;
    if ('template' in source) return this.t('from.template', { title: titles.template(source.template) });
    if ('role' in source) return this.t('from.role', { title: titles.role(source.role) });
    if ('impliedBy' in source)
      return this.t('from.impliedBy', { title: titles.permission(source.impliedBy) });
    return this.t('added' in source ? 'from.added' : 'from.removed');
  }

  #fold(id: string): void {
    const open = new Set(this.open);
    if (!open.delete(id)) open.add(id);
    this.open = open;
  }
}

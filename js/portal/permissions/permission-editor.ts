import { html, type TemplateResult } from 'lit';
import type { Preview } from '../../api/selection.js';
import type { Engine } from '../data/portal-core.js';
import { errorBox } from '../error-box.js';
import { PortalElement } from '../portal-element.js';
import {
  type Choice,
  ChoiceChange,
  difference,
  NOTHING,
  offered,
  permissionsIn,
  selectionOf,
  withPermissions,
  withTemplate,
} from './edited-selection.js';
import { type Offered, offeredSets, permissionSets } from './permission-sets.js';
import type { TreeChange } from './permission-tree.js';

/** The most permissions that are named; the rest is counted. */
const NAMED = 6;

/** Permission sets, and single permissions as an advanced option. */
export class PermissionEditor extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    engine: { attribute: false },
    choice: { attribute: false },
    kind: { attribute: false },
    folded: { attribute: false },
    boundary: { attribute: false },
    ceiling: { attribute: false },
    said: { state: true },
  };
  declare engine: Engine;
  declare choice: Choice;
  declare kind: string;
  /** Whether the sets are among the advanced options, because a role gives the permissions. */
  declare folded: boolean;
  /** The resource to which the token is limited. */
  declare boundary: string;
  /** The permissions that can be granted. */
  declare ceiling: ReadonlySet<string>;
  /** The result of the last change in the tree, as text. */
  declare said: string;
  #sets: readonly Offered[] = [];

  constructor() {
    super();
    this.choice = NOTHING;
    this.folded = false;
    this.ceiling = new Set();
    this.said = '';
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('engine') && !changed.has('ceiling')) return;
    this.#sets = offeredSets(this.portal, this.ceiling, this.#resolve);
  }

  protected override render(): TemplateResult {
    let preview: Preview;
    try {
      preview = this.engine.resolve(selectionOf(this.choice));
    } catch (error) {
      return errorBox(this.portal, error);
    }
    const tree = offered(preview.tree ?? [], this.ceiling);
    const total = tree.flatMap(permissionsIn).length;
    const sets = permissionSets(this.portal, this.#sets, this.choice, this.kind, (id, chosen) =>
      this.#change(withTemplate(this.choice, id, chosen, this.#resolve)),
    );
    return html`
      ${this.folded || this.#sets.length === 0 ? '' : sets}
      <details class="advanced" ?open=${this.#sets.length === 0 && !this.folded}>
        <summary>
          ${this.t('advanced.title')}
          <small>${this.t('advanced.count', { count: preview.permissions.length, total })}</small>
        </summary>
        ${this.folded ? sets : ''}
        <p>${this.t('advanced.hint')}</p>
        <leastkey-permission-tree
          .portal=${this.portal}
          .tree=${tree}
          .said=${this.said}
          @filter-change=${() => {
            this.said = '';
          }}
          @tree-change=${(change: TreeChange) => this.#take(change, preview.permissions)}
        ></leastkey-permission-tree>
        <leastkey-narrowing
          .portal=${this.portal}
          .engine=${this.engine}
          .choice=${this.choice}
          .given=${preview.permissions}
          .boundary=${this.boundary}
          @choice-change=${({ choice }: ChoiceChange) => this.#change(choice)}
        ></leastkey-narrowing>
      </details>
    `;
  }

  readonly #resolve = (selection: Parameters<Engine['resolve']>[0]): Preview =>
    this.engine.resolve(selection, { tree: false });

  /** Applies a change in the tree and announces the result: some permissions imply others. */
  #take({ ids, given, hidden }: TreeChange, before: readonly string[]): void {
    const choice = withPermissions(this.choice, ids, given, this.#resolve);
    const { adds, drops } = difference(before, this.#resolve(selectionOf(choice)).permissions);
    this.#change(choice);
    this.said = [
      ...(adds.length > 0 ? [this.t('tree.gave', { list: this.#named(adds) })] : []),
      ...(drops.length > 0 ? [this.t('tree.took', { list: this.#named(drops) })] : []),
      ...(hidden > 0 ? [this.portal.texts.count('tree.kept', hidden)] : []),
    ].join(' ');
  }

  #named(ids: readonly string[]): string {
    const { texts, titles } = this.portal;
    const named = ids.slice(0, NAMED).map((id) => titles.permission(id));
    const more = ids.length - named.length;
    return texts.list(more > 0 ? [...named, texts.count('tree.more', more)] : named);
  }

  #change(choice: Choice): void {
    this.said = '';
    this.dispatchEvent(new ChoiceChange(choice));
  }
}

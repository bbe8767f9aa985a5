import { html, type TemplateResult } from 'lit';
import type { Branch } from '../../api/selection.js';
import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';
import { errorBox } from '../error-box.js';
import { icon } from '../icons.js';
import { statusButton } from '../list/token-row.js';
import { summaryOf } from '../permissions/summary.js';
import { narrowedOf } from '../permissions/visible-nodes.js';
import { PortalElement } from '../portal-element.js';
import { allowedActions, labelOf } from './actions.js';
import { standOf } from './drift.js';
import { editableOf } from './edit-differences.js';
import { idleNote } from './idle-note.js';
import { factsOf } from './record-facts.js';

/** All details of one token. */
export class TokenScreen extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    id: { attribute: false },
    engine: { state: true },
    record: { state: true },
    error: { state: true },
  };
  declare id: string;
  declare engine: Engine | undefined;
  declare record: TokenRecord | undefined;
  declare error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    this.focusHeading();
  }

  /** Another token resets the page. */
  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('id')) return;
    this.record = undefined;
    void this.load();
  }

  /** Reads the token, and again after a change. */
  async load(): Promise<void> {
    this.error = undefined;
    try {
      this.record = await this.portal.source.get(this.id);
      await this.portal.showOwnerOf(this.record);
      this.engine = await this.portal.engine();
    } catch (error) {
      this.error = error;
    }
  }

  protected override render(): TemplateResult {
    const { portal, record } = this;
    return html`
      <nav>
        <button class="link" @click=${() => portal.open({ screen: 'list' })}>
          ${icon('back')} ${this.t('portal.back')}
        </button>
      </nav>
      <h2 tabindex="-1" dir="auto">${record?.name ?? this.t(this.error === undefined ? 'portal.loading' : 'token.title')}</h2>
      ${this.error === undefined ? '' : errorBox(portal, this.error, () => void this.load())}
      ${record === undefined ? '' : this.#page(record)}
    `;
  }

  #page(record: TokenRecord): TemplateResult {
    const { portal } = this;
    const rotate = allowedActions(portal, record).includes('rotate');
    const parent = record.parents?.[0];
    const editable = editableOf(portal, record);
    return html`
      <div class="side">
        ${statusButton(portal, record)}
        ${
          editable.length > 0
            ? html`<button @click=${() => portal.open({ screen: 'edit', id: record.id })}>
              ${icon('pencil')} ${this.t(editable.join() === 'permissions' ? 'token.editScope' : 'token.edit')}
            </button>`
            : ''
        }
        ${
          rotate
            ? html`<button @click=${() => portal.manage(record, 'rotate')}>
              ${icon('key')} ${labelOf(portal, record.kind, 'rotate')}
            </button>`
            : ''
        }
      </div>
      ${record.rotation === undefined ? '' : this.#rotation(record)} ${factsOf(portal, record)}
      ${
        parent === undefined
          ? ''
          : html`<p>
            <button class="link" @click=${() => portal.open({ screen: 'token', id: parent })}>
              ${this.t('sessions.parent')}
            </button>
          </p>`
      }
      <section>
        <h3>${this.t('token.permissions')}</h3>
        ${this.#permissions(record)}
      </section>
      ${this.#hasSessions(record) ? this.#sessions(record) : ''}
      <section>
        <h3>${this.t('token.audit')}</h3>
        <leastkey-token-audit
          .portal=${portal}
          .owner=${record.owner}
          .token=${record.id}
          .revision=${record.revision}
        ></leastkey-token-audit>
      </section>
    `;
  }

  #hasSessions({ kind, status }: TokenRecord): boolean {
    return status !== 'revoked' && this.portal.kinds.get(kind)?.actions.includes('exchange') === true;
  }

  #sessions(record: TokenRecord): TemplateResult {
    return html`<section>
      <h3>${this.t('sessions.title')}</h3>
      <leastkey-token-sessions .portal=${this.portal} .record=${record}></leastkey-token-sessions>
    </section>`;
  }

  #permissions(record: TokenRecord): TemplateResult {
    const { portal, engine } = this;
    if (engine === undefined) return html`<progress aria-label=${this.t('portal.loading')}></progress>`;
    const { texts, titles } = portal;
    const { tree, gone, adds, drops } = standOf(record, engine);
    const named = (ids: readonly string[]) => texts.list(ids.map((id) => titles.permission(id)));
    return html`
      ${summaryOf(portal, record.permissions)} ${narrowedOf(portal, record.resources)}
      ${idleNote(portal, record, engine)}
      ${gone.length > 0 ? html`<p class="note warning">${icon('warning')} ${texts.count('token.gone', gone.length, { list: texts.list(gone) })}</p>` : ''}
      ${
        adds.length + drops.length > 0
          ? html`<div class="note">
            ${icon('warning')}
            <div>
              <strong>${this.t('token.drift.title')}</strong>
              ${adds.length > 0 ? html`<p>${this.t('token.drift.adds', { list: named(adds) })}</p>` : ''}
              ${drops.length > 0 ? html`<p>${this.t('token.drift.drops', { list: named(drops) })}</p>` : ''}
            </div>
          </div>`
          : ''
      }
      ${this.#tree(tree, record)}
      ${editableOf(portal, record).includes('permissions') || record.status === 'revoked' ? '' : html`<p><small>${this.t('token.fixed')}</small></p>`}
    `;
  }

  #tree(tree: readonly Branch[], { permissionUse }: TokenRecord): TemplateResult {
    return html`<details class="advanced">
      <summary>${this.t('token.tree')}</summary>
      <leastkey-permission-tree .portal=${this.portal} .tree=${tree} .fixed=${true} .use=${permissionUse}></leastkey-permission-tree>
    </details>`;
  }

  #rotation(record: TokenRecord): TemplateResult {
    const { portal } = this;
    const ends = record.rotation?.graceEndsAt ?? 0;
    const end = async (action: 'confirmRotation' | 'abortRotation') => {
      try {
        portal.changed(await portal.source[action](record.id));
        portal.say(this.t(`done.${action}`, { name: record.name }));
      } catch (error) {
        this.error = error;
      }
    };
    return html`<div class="note">
      ${icon('key')}
      <div>
        <strong>${this.t('token.rotation.title')}</strong>
        <p>${this.t('token.rotation.text', { time: portal.times.exact(ends) })}</p>
        <div class="side">
          <button @click=${() => end('confirmRotation')}>${this.t('token.rotation.confirm')}</button>
          <button @click=${() => end('abortRotation')}>${this.t('token.rotation.abort')}</button>
        </div>
      </div>
    </div>`;
  }
}

import { html, type TemplateResult } from 'lit';
import type { LeastkeyError } from '../../api/errors.js';
import type { TokenRecord } from '../../api/token.js';
import { roleField, rolesOf } from '../create/role-field.js';
import type { Engine } from '../data/portal-core.js';
import { errorBox } from '../error-box.js';
import { icon } from '../icons.js';
import { commitPendingText } from '../pending-text.js';
import { type Choice, type ChoiceChange, NOTHING, selectionOf } from '../permissions/edited-selection.js';
import { warningsOf } from '../permissions/summary.js';
import { PortalElement } from '../portal-element.js';
import { descriptionField, nameField, tagsField } from '../restrictions/label-fields.js';
import { restrictionFields } from '../restrictions/restriction-fields.js';
import { NO_FIELDS, type TokenFields, tokenFieldsOf } from '../restrictions/token-fields.js';
import type { UnreadableField } from '../restrictions/unreadable-field.js';
import { type Changes, changesOf, type EditableMember, editableOf } from './edit-differences.js';
import { idleOf, narrowedTo } from './idle.js';
import { ceilingOf, startOf } from './starting-values.js';

/** Edits a token within the rules of its kind, and shows the difference before saving. */
export class EditToken extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    id: { attribute: false },
    narrow: { attribute: false },
    from: { attribute: false },
    engine: { state: true },
    record: { state: true },
    tokenFields: { state: true },
    choice: { state: true },
    ceiling: { state: true },
    busy: { state: true },
    unread: { state: true },
    error: { state: true },
  };
  declare id: string;
  /** Whether the form starts with the used permissions only. */
  declare narrow: boolean;
  declare from: 'list' | undefined;
  declare engine: Engine | undefined;
  declare record: TokenRecord | undefined;
  declare tokenFields: TokenFields;
  declare choice: Choice;
  declare ceiling: ReadonlySet<string>;
  declare busy: boolean;
  /** A field with unreadable text. */
  declare unread: UnreadableField | undefined;
  declare error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { tokenFields: NO_FIELDS, choice: NOTHING, busy: false });
    void this.#load();
    this.focusHeading();
  }

  async #load(): Promise<void> {
    this.error = undefined;
    try {
      const { portal } = this;
      const [engine, record] = await Promise.all([portal.engine(), portal.source.get(this.id)]);
      await portal.showOwnerOf(record);
      this.ceiling = await ceilingOf(this.portal, record);
      const idle = this.narrow ? idleOf(this.portal, record) : undefined;
      this.choice = idle === undefined ? startOf(record, engine) : narrowedTo(record, idle.needed, engine);
      Object.assign(this, { engine, record, tokenFields: tokenFieldsOf(record) });
    } catch (error) {
      this.error = error;
    }
  }

  protected override render(): TemplateResult {
    const { portal, record, engine } = this;
    const back = () =>
      portal.open(this.from === 'list' ? { screen: 'list' } : { screen: 'token', id: this.id });
    const scopeOnly = record !== undefined && editableOf(portal, record).join() === 'permissions';
    return html`
      <nav><button class="link" @click=${back}>${icon('back')} ${this.t(this.from === 'list' ? 'portal.back' : 'token.title')}</button></nav>
      <h2 tabindex="-1" dir="auto">
        ${record === undefined ? this.t(this.error === undefined ? 'portal.loading' : 'token.title') : this.t(scopeOnly ? 'edit.title' : 'edit.titleAll', { name: record.name })}
      </h2>
      ${this.error === undefined ? '' : errorBox(portal, this.error, record === undefined ? () => void this.#load() : undefined)}
      ${
        record === undefined || engine === undefined
          ? this.error === undefined
            ? html`<progress aria-label=${this.t('portal.loading')}></progress>`
            : ''
          : this.#form(record, engine, back)
      }
      <dialog aria-labelledby="saved-title" @close=${() => portal.open({ screen: 'list' }, true)}>
        <h3 id="saved-title">${icon('check')} ${this.t(scopeOnly ? 'edit.saved.title' : 'edit.saved.titleAll')}</h3>
        <p dir="auto">${this.t(scopeOnly ? 'edit.saved.text' : 'edit.saved.textAll', { name: record?.name ?? '' })}</p>
        <footer>
          <button class="primary" @click=${() => this.querySelector('dialog')?.close()}>
            ${this.t('manage.close')}
          </button>
        </footer>
      </dialog>
    `;
  }

  #form(record: TokenRecord, engine: Engine, cancel: () => void): TemplateResult {
    const { portal, choice } = this;
    const editable = editableOf(portal, record);
    if (editable.length === 0) return html`<p class="note">${this.t('edit.nothing')}</p>`;
    const { preview, changes, incomplete } = this.#edited(record, engine);
    // Pending text is a change too.
    const changed = changes.input !== undefined || choice.pending !== undefined;
    return html`<form
      novalidate
      class="split"
      @submit=${(event: Event) => {
        event.preventDefault();
        void this.#submit(record, engine);
      }}
    >
      <div>
      ${this.#labels(record, editable)}
      ${
        editable.includes('permissions')
          ? html`<section>
            ${this.#role(record, engine)}
            <leastkey-permission-editor
              .portal=${portal}
              .engine=${engine}
              .choice=${choice}
              .kind=${record.kind}
              .folded=${portal.kinds.get(record.kind)?.technicalUser === true}
              .boundary=${record.resource}
              .ceiling=${this.ceiling}
              @choice-change=${({ choice }: ChoiceChange) => {
                this.choice = choice;
              }}
            ></leastkey-permission-editor>
            ${warningsOf(portal, preview)}
          </section>`
          : ''
      }
      ${this.#restrictions(editable)}
      </div>
      ${this.#difference(changes, preview.permissions.length === 0)}
      <footer>
        <button type="button" @click=${cancel}>${this.t('create.cancel')}</button>
        <button class="primary" ?disabled=${this.busy || !changed || incomplete}>
          ${this.t('edit.save')}
        </button>
      </footer>
    </form>`;
  }

  /** What the form resolves to. */
  #edited(record: TokenRecord, engine: Engine) {
    const { portal, tokenFields, choice } = this;
    const editable = editableOf(portal, record);
    const preview = engine.resolve(selectionOf(choice), { tree: false });
    const changes = changesOf(portal, record, editable, { tokenFields, choice }, preview);
    const empty = editable.includes('permissions') && preview.permissions.length === 0;
    return { preview, changes, incomplete: empty || tokenFields.name.trim() === '' };
  }

  async #submit(record: TokenRecord, engine: Engine): Promise<void> {
    if (this.busy || !(await commitPendingText(this)) || this.busy) return;
    const { changes, incomplete } = this.#edited(record, engine);
    if (changes.input !== undefined && !incomplete) await this.#save(record, changes);
  }

  readonly #change = (change: Partial<TokenFields>): void => {
    this.tokenFields = { ...this.tokenFields, ...change };
    this.unread = undefined;
  };

  #labels({ kind }: TokenRecord, editable: readonly EditableMember[]): TemplateResult {
    const { portal, tokenFields } = this;
    const missing = tokenFields.name.trim() === '';
    const unique = portal.kinds.get(kind)?.uniqueNames === true;
    return html`
      ${editable.includes('name') ? nameField(portal, tokenFields, { missing, unique }, this.#change) : ''}
      ${editable.includes('description') ? descriptionField(portal, tokenFields, this.#change) : ''}
      ${editable.includes('tags') ? tagsField(portal, tokenFields, this.#change) : ''}
    `;
  }

  /** Its role, and the roles that can be granted. */
  #role({ kind, role: own }: TokenRecord, engine: Engine): TemplateResult | string {
    const { portal, ceiling } = this;
    const rules = portal.kinds.get(kind);
    if (rules === undefined) return '';
    const gives = (role: string) => engine.resolve({ role }, { tree: false }).permissions;
    const given = rolesOf(portal, rules).filter(
      (role) => role === undefined || gives(role).every((id) => ceiling.has(id)),
    );
    const roles = [...new Set([own, ...given])];
    if (roles.length < 2) return '';
    return roleField(portal, roles, this.choice.role, (role) => {
      const { role: _, ...choice } = this.choice;
      this.choice = role === undefined ? choice : { ...choice, role };
    });
  }

  #restrictions(editable: readonly EditableMember[]): TemplateResult | string {
    const offered = { conditions: editable.includes('conditions'), limits: editable.includes('limits') };
    if (!offered.conditions && !offered.limits) return '';
    return restrictionFields(this.portal, this.tokenFields, offered, this.#change, this.unread);
  }

  #difference({ adds, drops, rows, input }: Changes, empty: boolean): TemplateResult {
    return html`<aside class="review diff" aria-live="polite" aria-labelledby="diff-title">
      <h3 id="diff-title">${this.t('edit.diff')}</h3>
      ${empty ? html`<p>${this.t('warning.empty')}</p>` : input === undefined ? html`<p>${this.t('edit.same')}</p>` : ''}
      ${this.#permissions('adds', adds)} ${this.#permissions('drops', drops)}
      ${
        rows.length === 0
          ? ''
          : html`<dl class="rows">
            ${rows.map(
              ({ title, was, is }) => html`<div>
                <dt>${title}</dt>
                <dd>${this.#lines('del', 'edit.was', was)} ${this.#lines('ins', 'edit.is', is)}</dd>
              </div>`,
            )}
          </dl>`
      }
    </aside>`;
  }

  #lines(side: 'del' | 'ins', key: string, texts: readonly string[]): TemplateResult[] {
    return texts.map(
      (text) =>
        html`<span class=${side}><span class="unseen">${this.t(key)}</span><span dir="auto">${text}</span></span>`,
    );
  }

  #permissions(what: 'adds' | 'drops', ids: readonly string[]): TemplateResult | string {
    if (ids.length === 0) return '';
    const { titles } = this.portal;
    return html`<div class=${what}>
      <h4>${this.t(`edit.${what}`)}</h4>
      <ul>
        ${ids.map((id) => html`<li>${titles.permission(id)} <code>${id}</code></li>`)}
      </ul>
    </div>`;
  }

  async #save({ id, revision }: TokenRecord, { input }: Changes): Promise<void> {
    const { portal } = this;
    Object.assign(this, { busy: true, error: undefined });
    try {
      const record = await portal.source.edit(id, { ...input, revision });
      portal.changed(record);
      this.querySelector('dialog')?.showModal();
    } catch (error) {
      this.error = error;
      // From the API or from tokens in the page: the record has a new revision, so read it again.
      const code = (error as LeastkeyError).code as string;
      if (code === 'precondition_failed' || code === 'conflict') this.record = undefined;
      await this.updateComplete;
      this.focusHeading();
    } finally {
      this.busy = false;
    }
  }
}

import { html, type TemplateResult } from 'lit';
import type { LeastkeyError } from '../../errors.js';
import type { Tokens } from '../../tokens.js';
import type { TokenRecord } from '../../types.js';
import { errorBox } from '../look/errors.js';
import { icon } from '../look/icons.js';
import { Part } from '../part.js';
import { type Choice, choiceOf, difference, NOTHING, selectionOf } from '../permissions/choice.js';
import { isKnown } from '../permissions/known.js';
import type { ChoiceChange } from '../permissions/permission-editor.js';
import { warningsOf } from '../permissions/summary.js';

/** Changing what a token may do, with the difference in view before it is saved. */
export class EditScope extends Part {
  static override properties = {
    ...Part.properties,
    id: { attribute: false },
    engine: { state: true },
    record: { state: true },
    choice: { state: true },
    busy: { state: true },
    error: { state: true },
  };
  declare id: string;
  declare engine: Tokens | undefined;
  declare record: TokenRecord | undefined;
  declare choice: Choice;
  declare busy: boolean;
  declare error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { choice: NOTHING, busy: false });
    void this.#load();
    this.focusHeading();
  }

  async #load(): Promise<void> {
    this.error = undefined;
    try {
      this.engine = await this.portal.engine();
      const record = await this.portal.source.get(this.id);
      this.choice = startOf(record, this.engine);
      this.record = record;
    } catch (error) {
      this.error = error;
    }
  }

  protected override render(): TemplateResult {
    const { portal, record, engine } = this;
    const back = () => portal.open({ screen: 'list' });
    return html`
      <nav><button class="link" @click=${back}>${icon('back')} ${this.t('portal.back')}</button></nav>
      <h2 tabindex="-1" dir="auto">${this.t('edit.title', { name: record?.name ?? '' })}</h2>
      ${this.error === undefined ? '' : errorBox(portal, this.error, record === undefined ? () => void this.#load() : undefined)}
      ${
        record === undefined || engine === undefined
          ? html`<progress aria-label=${this.t('portal.loading')}></progress>`
          : this.#form(record, engine, back)
      }
      <dialog aria-labelledby="saved-title" @close=${back}>
        <h3 id="saved-title">${icon('check')} ${this.t('edit.saved.title')}</h3>
        <p dir="auto">${this.t('edit.saved.text', { name: record?.name ?? '' })}</p>
        <footer>
          <button class="primary" @click=${() => this.querySelector('dialog')?.close()}>
            ${this.t('manage.close')}
          </button>
        </footer>
      </dialog>
    `;
  }

  #form(record: TokenRecord, engine: Tokens, cancel: () => void): TemplateResult {
    const { portal } = this;
    const preview = engine.resolve(selectionOf(this.choice), { tree: false });
    const { adds, drops } = difference(record.permissions, preview.permissions);
    const same = adds.length + drops.length === 0;
    const empty = preview.permissions.length === 0;
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        void this.#save(record);
      }}
    >
      <leastkey-permission-editor
        .portal=${portal}
        .engine=${engine}
        .choice=${this.choice}
        .kind=${record.kind}
        .folded=${false}
        @choice-change=${({ choice }: ChoiceChange) => {
          this.choice = choice;
        }}
      ></leastkey-permission-editor>
      ${warningsOf(portal, preview)}
      <section class="review diff" aria-live="polite">
        <h3>${this.t('edit.diff')}</h3>
        ${empty ? html`<p>${this.t('warning.empty')}</p>` : same ? html`<p>${this.t('edit.same')}</p>` : ''}
        ${this.#changes('adds', adds)} ${this.#changes('drops', drops)}
      </section>
      <footer>
        <button type="button" @click=${cancel}>${this.t('create.cancel')}</button>
        <button class="primary" ?disabled=${this.busy || same || empty}>${this.t('edit.save')}</button>
      </footer>
    </form>`;
  }

  #changes(what: 'adds' | 'drops', ids: readonly string[]): TemplateResult | string {
    if (ids.length === 0) return '';
    const { titles } = this.portal;
    return html`<div class=${what}>
      <h4>${this.t(`edit.${what}`)}</h4>
      <ul>
        ${ids.map((id) => html`<li>${titles.permission(id)} <code>${id}</code></li>`)}
      </ul>
    </div>`;
  }

  async #save({ id, revision }: TokenRecord): Promise<void> {
    const { portal } = this;
    Object.assign(this, { busy: true, error: undefined });
    try {
      const record = await portal.source.edit(id, { ...selectionOf(this.choice), revision });
      portal.changed(record);
      this.querySelector('dialog')?.showModal();
    } catch (error) {
      this.error = error;
      // The code of the API for a record that has another revision by now.
      const code = (error as LeastkeyError).code as string;
      if (code === 'precondition_failed') this.record = undefined;
      await this.updateComplete;
      this.focusHeading();
    } finally {
      this.busy = false;
    }
  }
}

/** Where the editing starts: how the token was chosen, or what it has, where the catalog cannot follow the choice any more. */
function startOf(record: TokenRecord, engine: Tokens): Choice {
  const choice = choiceOf(record);
  try {
    engine.resolve(selectionOf(choice), { tree: false });
    return choice;
  } catch {
    const known = record.permissions.filter((id) => isKnown(id, engine));
    return { ...NOTHING, add: known };
  }
}

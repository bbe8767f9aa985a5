import { html, type TemplateResult } from 'lit';
import type { TokenSummary } from '../../api/token.js';
import { durationText } from '../../input/duration.js';
import { errorBox } from '../error-box.js';
import { icon } from '../icons.js';
import type { StatusAction } from '../portal-context.js';
import { PortalElement } from '../portal-element.js';
import { allowedActions, labelOf } from './actions.js';
import { gracesOf } from './starting-values.js';

/** The dialog of actions on a token, with a confirmation of each. */
export class ManageToken extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    record: { state: true },
    asked: { state: true },
    busy: { state: true },
    error: { state: true },
  };
  declare record: TokenSummary | undefined;
  /** The action to confirm; absent: the choice of actions. */
  declare asked: StatusAction | undefined;
  declare busy: boolean;
  declare error: unknown;

  async manage(record: TokenSummary, action?: StatusAction): Promise<void> {
    Object.assign(this, { record, asked: action, busy: false, error: undefined });
    await this.updateComplete;
    this.#dialog?.showModal();
  }

  protected override render(): TemplateResult {
    const { record, asked } = this;
    return html`<dialog aria-labelledby="manage-title" @close=${() => this.#forget()} @cancel=${this.#keepBusy}>
      ${record === undefined ? '' : asked === undefined ? this.#choices(record) : this.#confirmation(record, asked)}
    </dialog>`;
  }

  #choices(record: TokenSummary): TemplateResult {
    const { portal } = this;
    const text = (action: StatusAction) => this.t(`action.${action}.hint`, {}, record.kind);
    return html`
      <h3 id="manage-title" dir="auto">${this.t('manage.title', { name: record.name })}</h3>
      <ul class="choices">
        ${allowedActions(portal, record).map(
          (action) => html`<li>
            <button
              class=${isEnd(action) ? 'danger' : ''}
              aria-describedby="manage-${action}"
              @click=${() => this.#ask(action)}
            >
              ${labelOf(portal, record.kind, action)}
            </button>
            <span id="manage-${action}">${text(action)}</span>
          </li>`,
        )}
      </ul>
      <footer><button @click=${() => this.#dialog?.close()}>${this.t('manage.close')}</button></footer>
    `;
  }

  #confirmation(record: TokenSummary, action: StatusAction): TemplateResult {
    const { portal, busy } = this;
    const { name, kind } = record;
    const label = labelOf(portal, kind, action);
    const rotating = action === 'rotate';
    return html`<form @submit=${(event: SubmitEvent) => this.#submit(event, record, action)}>
      <h3 id="manage-title" tabindex="-1" dir="auto">
        ${this.t(rotating ? 'rotate.title' : `confirm.${action}.title`, { name, action: label }, kind)}
      </h3>
      ${this.error === undefined ? '' : errorBox(portal, this.error)}
      <p>${this.t(rotating ? 'rotate.text' : `confirm.${action}.text`, { name }, kind)}</p>
      ${action === 'revoke' ? this.#reason() : rotating ? this.#grace(record) : ''}
      <footer>
        <button type="button" ?disabled=${busy} @click=${() => this.#dialog?.close()}>
          ${this.t('confirm.cancel')}
        </button>
        <button class=${isEnd(action) ? 'primary danger' : 'primary'} ?disabled=${busy}>
          ${rotating ? icon('key') : ''}
          ${this.t(rotating ? 'rotate.yes' : `confirm.${action}.yes`, { action: label }, kind)}
        </button>
      </footer>
    </form>`;
  }

  #reason(): TemplateResult {
    return html`<label class="field">
      <span>${this.t('confirm.revoke.reason')} <small>${this.t('field.optional')}</small></span>
      <input name="reason" maxlength="500" autocomplete="off" />
    </label>`;
  }

  #grace(record: TokenSummary): TemplateResult {
    const { times, kinds } = this.portal;
    const { graces, usual } = gracesOf(kinds.get(record.kind));
    return html`<label class="field">
      <span>${this.t('rotate.grace')}</span>
      <select name="grace">
        ${graces.map(
          (grace) => html`<option value=${grace} ?selected=${grace === usual}>
            ${grace === 0 ? this.t('rotate.now') : times.length(grace)}
          </option>`,
        )}
      </select>
    </label>`;
  }

  async #ask(action: StatusAction): Promise<void> {
    this.asked = action;
    await this.updateComplete;
    this.querySelector<HTMLElement>('#manage-title')?.focus();
  }

  async #submit(event: SubmitEvent, record: TokenSummary, action: StatusAction): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const form = new FormData(event.target as HTMLFormElement);
    Object.assign(this, { busy: true, error: undefined });
    try {
      await this.#perform(record, action, form);
      this.busy = false;
      this.#dialog?.close();
      if (action !== 'rotate') this.portal.say(this.t(`done.${action}`, { name: record.name }));
    } catch (error) {
      Object.assign(this, { busy: false, error });
    }
  }

  async #perform({ id }: TokenSummary, action: StatusAction, form: FormData): Promise<void> {
    const { portal } = this;
    const { source } = portal;
    if (action === 'rotate') {
      const { token, digest, scheme } = (await portal.engine()).mint({ id });
      const milliseconds = Number(form.get('grace'));
      const grace = milliseconds === 0 ? 0 : durationText(milliseconds);
      const record = await source.rotate(id, { grace, digest, scheme });
      portal.changed(record);
      portal.open({ screen: 'once', credential: token, record, rotated: true });
    } else if (action === 'delete') {
      await source.delete(id);
      portal.gone(id);
    } else if (action === 'revoke') {
      const reason = String(form.get('reason') ?? '').trim();
      portal.changed(await source.revoke(id, reason === '' ? {} : { reason }));
    } else {
      portal.changed(await source[action](id));
    }
  }

  /** Closing cannot cancel a running action. */
  readonly #keepBusy = (event: Event): void => {
    if (this.busy) event.preventDefault();
  };

  /** The event is async: the dialog may have been opened again for another token. */
  #forget(): void {
    if (this.#dialog?.open) return;
    Object.assign(this, { record: undefined, asked: undefined, error: undefined });
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector('dialog');
  }
}

const isEnd = (action: StatusAction) => action === 'revoke' || action === 'delete';

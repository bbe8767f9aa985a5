import { html, type TemplateResult } from 'lit';
import type { TokenRecord } from '../../types.js';
import { icon } from '../look/icons.js';
import { Part } from '../part.js';

/** The one screen that shows a credential, once. It is in the field, and nowhere else. */
export class CopyOnce extends Part {
  static override properties = {
    ...Part.properties,
    credential: { attribute: false },
    record: { attribute: false },
    rotated: { attribute: false },
    copied: { state: true },
    failed: { state: true },
  };
  declare credential: string;
  declare record: TokenRecord;
  declare rotated: boolean;
  /** Whether it was taken along, one way or another. */
  declare copied: boolean;
  declare failed: boolean;
  /** Where to, once somebody says that nothing has to be copied. */
  #leave: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { copied: false, failed: false });
    addEventListener('beforeunload', this.#warn);
    this.focusHeading();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('beforeunload', this.#warn);
    this.credential = '';
  }

  protected override render(): TemplateResult {
    return html`
      <div class="once">
        <h2 tabindex="-1">${icon('check')} ${this.t(this.rotated ? 'once.titleRotated' : 'once.title')}</h2>
        <p dir="auto"><strong>${this.record.name}</strong></p>
        <p class="note warning">${icon('warning')} ${this.t('once.text')}</p>
        <label class="field">
          <span>${this.t('once.label')}</span>
          <textarea
            name="credential"
            readonly
            rows="2"
            spellcheck="false"
            autocomplete="off"
            dir="ltr"
            .value=${this.credential}
            @focus=${(event: Event) => (event.target as HTMLTextAreaElement).select()}
            @copy=${() => this.#taken()}
          ></textarea>
        </label>
        <div class="side">
          <button class=${this.copied ? '' : 'primary'} @click=${() => this.#copy()}>
            ${icon(this.copied ? 'check' : 'copy')} ${this.t(this.copied ? 'once.copied' : 'once.copy')}
          </button>
          <button @click=${() => this.#download()}>${icon('download')} ${this.t('once.download')}</button>
        </div>
        ${this.failed ? html`<p class="note failure" role="alert">${this.t('once.copyFailed')}</p>` : ''}
        <p><small>${this.t('once.made')}</small></p>
        <footer><button class=${this.copied ? 'primary' : ''} @click=${() => this.leave()}>${this.t('once.done')}</button></footer>
        <dialog aria-labelledby="leave-title">
          <h3 id="leave-title">${this.t('once.leave.title')}</h3>
          <p>${this.t('once.leave.text')}</p>
          <footer>
            <button @click=${() => this.querySelector('dialog')?.close()}>${this.t('once.leave.stay')}</button>
            <button class="primary danger" @click=${() => this.#go()}>${this.t('once.leave.go')}</button>
          </footer>
        </dialog>
      </div>
    `;
  }

  /** Asks first, if nobody has copied it. */
  leave(): void {
    const { id } = this.record;
    const leave = () => this.portal.open(this.rotated ? { screen: 'token', id } : { screen: 'list' });
    if (this.mayLeave(leave)) leave();
  }

  /** Whether somebody has copied it. If not, asks, and `leave` is done once that is answered. */
  mayLeave(leave: () => void): boolean {
    if (this.copied) return true;
    this.#leave = leave;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
    return false;
  }

  #go(): void {
    this.copied = true;
    this.#leave?.();
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.credential);
      this.failed = false;
      this.#taken();
    } catch {
      this.failed = true;
      this.querySelector('textarea')?.focus();
    }
  }

  #download(): void {
    const line = `${variableOf(this.record.name)}=${this.credential}\n`;
    // The address of a blob says nothing of what is in it, and is taken back at once.
    const address = URL.createObjectURL(new Blob([line], { type: 'text/plain' }));
    Object.assign(document.createElement('a'), { href: address, download: '.env' }).click();
    URL.revokeObjectURL(address);
    this.#taken();
  }

  #taken(): void {
    this.copied = true;
    this.portal.say(this.t('done.copied'));
  }

  readonly #warn = (event: BeforeUnloadEvent): void => {
    if (!this.copied) event.preventDefault();
  };
}

/** `Nightly sender` as the name of an environment variable: `NIGHTLY_SENDER_TOKEN`. */
export function variableOf(name: string): string {
  const words =
    name
      .normalize('NFKD')
      .toUpperCase()
      .match(/[A-Z0-9]+/g) ?? [];
  const variable = [...words.filter((word) => word !== 'TOKEN'), 'TOKEN'].join('_');
  return /^\d/.test(variable) ? `_${variable}` : variable;
}

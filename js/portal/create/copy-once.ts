import { html, type TemplateResult } from 'lit';
import type { TokenRecord } from '../../api/token.js';
import { icon } from '../icons.js';
import { PortalElement } from '../portal-element.js';

/** The file name of a downloaded credential. */
const FILE = '.env';

/** The only screen that shows a credential. It is in the field and nowhere else. */
export class CopyOnce extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    credential: { attribute: false },
    record: { attribute: false },
    rotated: { attribute: false },
    copied: { state: true },
    downloaded: { state: true },
    failed: { state: true },
  };
  declare credential: string;
  declare record: TokenRecord;
  declare rotated: boolean;
  /** Whether a copy of the whole credential succeeded. */
  declare copied: boolean;
  /** Whether the browser was asked to save a file. A page cannot know whether it was saved. */
  declare downloaded: boolean;
  declare failed: boolean;
  /** Whether the user confirmed that it is stored, or not needed. */
  #released = false;
  /** What to do after the user confirms to leave without a copy. */
  #leave: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { copied: false, downloaded: false, failed: false });
    this.#released = false;
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
            @copy=${(event: Event) => this.#copiedByHand(event)}
          ></textarea>
        </label>
        <div class="side">
          <button class=${this.copied || this.downloaded ? '' : 'primary'} @click=${() => this.#copy()}>
            ${icon(this.copied ? 'check' : 'copy')} ${this.t(this.copied ? 'once.copied' : 'once.copy')}
          </button>
          <button @click=${() => this.#download()}>${icon('download')} ${this.t('once.download')}</button>
        </div>
        ${this.failed ? html`<p class="note failure" role="alert">${this.t('once.copyFailed')}</p>` : ''}
        ${this.downloaded ? html`<p class="note">${icon('download')} ${this.t('once.downloaded', { file: FILE, done: this.t('once.done') })}</p>` : ''}
        <p><small>${this.t('once.made')}</small></p>
        <footer>
          <button class=${this.copied || this.downloaded ? 'primary' : ''} @click=${() => this.#done()}>
            ${this.t('once.done')}
          </button>
        </footer>
        <dialog aria-labelledby="leave-title">
          <h3 id="leave-title">${this.t(this.downloaded ? 'once.leave.titleDownloaded' : 'once.leave.title')}</h3>
          <p>${this.t(this.downloaded ? 'once.leave.textDownloaded' : 'once.leave.text', { file: FILE })}</p>
          <footer>
            <button @click=${() => this.querySelector('dialog')?.close()}>${this.t('once.leave.stay')}</button>
            <button class="primary danger" @click=${() => this.#go()}>${this.t('once.leave.go')}</button>
          </footer>
        </dialog>
      </div>
    `;
  }

  /** The user says that it is stored. Asks first if it was neither copied nor downloaded. */
  #done(): void {
    const { id } = this.record;
    this.#released ||= this.downloaded;
    const leave = () => this.portal.open(this.rotated ? { screen: 'token', id } : { screen: 'list' });
    if (this.mayLeave(leave)) leave();
  }

  /** Whether it was copied or given up. If not, asks, and calls `leave` after the answer. */
  mayLeave(leave: () => void): boolean {
    if (this.copied || this.#released) return true;
    this.#leave = leave;
    const dialog = this.querySelector('dialog');
    if (dialog?.open === false) dialog.showModal();
    return false;
  }

  #go(): void {
    this.#released = true;
    this.#leave?.();
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.credential);
      this.#copied();
    } catch {
      this.failed = true;
      this.querySelector('textarea')?.focus();
    }
  }

  #download(): void {
    const line = `${variableOf(this.record.name)}=${this.credential}\n`;
    // The URL of a blob does not reveal its content, and is revoked at once.
    const address = URL.createObjectURL(new Blob([line], { type: 'text/plain' }));
    Object.assign(document.createElement('a'), { href: address, download: FILE }).click();
    URL.revokeObjectURL(address);
    this.downloaded = true;
    this.portal.say(this.t('done.downloaded', { file: FILE }));
  }

  /** A part of a credential is useless. */
  #copiedByHand(event: Event): void {
    const { selectionStart, selectionEnd, value } = event.target as HTMLTextAreaElement;
    if (selectionEnd - selectionStart === value.length) this.#copied();
  }

  #copied(): void {
    Object.assign(this, { copied: true, failed: false });
    this.portal.say(this.t('done.copied'));
  }

  readonly #warn = (event: BeforeUnloadEvent): void => {
    if (!this.copied && !this.#released) event.preventDefault();
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

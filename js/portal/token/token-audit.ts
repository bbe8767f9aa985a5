import { html, type TemplateResult } from 'lit';
import type { AuditEntry } from '../../api/audit.js';
import { filledPage } from '../data/source.js';
import { errorBox } from '../error-box.js';
import { difference } from '../permissions/edited-selection.js';
import { instant, PortalElement } from '../portal-element.js';

const PAGE = 20;

/** The changes of one token, newest first. */
export class TokenAudit extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    owner: { attribute: false },
    token: { attribute: false },
    revision: { attribute: false },
    entries: { state: true },
    next: { state: true },
    error: { state: true },
  };
  declare owner: string;
  declare token: string;
  /** Of the record: with another one there is something new to read. */
  declare revision: number;
  declare entries: readonly AuditEntry[] | undefined;
  declare next: number | undefined;
  declare error: unknown;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('token') || changed.has('revision')) void this.#read(undefined);
  }

  protected override render(): TemplateResult {
    const { portal, entries } = this;
    if (this.error !== undefined) return errorBox(portal, this.error, () => void this.#read(undefined));
    if (entries === undefined) return html`<progress aria-label=${this.t('portal.loading')}></progress>`;
    if (entries.length === 0) return html`<p>${this.t('token.audit.none')}</p>`;
    return html`
      <ol class="history">
        ${entries.map(
          (entry) => html`<li>
            <span>
              ${portal.texts.find(`audit.${entry.operation}`) ?? entry.operation}
              <small><bdi>${entry.actor}</bdi></small>
            </span>
            ${instant(portal, entry.at, '')} ${this.#details(entry)}
          </li>`,
        )}
      </ol>
      ${
        this.next === undefined
          ? ''
          : html`<button @click=${() => void this.#read(this.next)}>${this.t('token.audit.more')}</button>`
      }
    `;
  }

  #details({ reason, operation, before, after }: AuditEntry): TemplateResult | string {
    if (reason !== undefined) return html`<small><bdi>${reason}</bdi></small>`;
    if (operation !== 'edit') return '';
    const { titles, texts } = this.portal;
    const { adds, drops } = difference(idsIn(before), idsIn(after));
    const listed = (key: string, ids: readonly string[]) =>
      ids.length === 0 ? [] : [`${this.t(key)}: ${texts.list(ids.map((id) => titles.permission(id)))}`];
    return html`<small>${[...listed('edit.adds', adds), ...listed('edit.drops', drops)].join('. ')}</small>`;
  }

  async #read(after: number | undefined): Promise<void> {
    const { owner, token } = this;
    this.error = undefined;
    try {
      const { source } = this.portal;
      const read = (after: number | undefined) =>
        source.audit({ owner, token, limit: PAGE, ...(after === undefined ? {} : { after }) });
      const page = await filledPage(read, after, () => this.isConnected);
      this.entries = after === undefined ? page.items : [...(this.entries ?? []), ...page.items];
      this.next = page.next;
    } catch (error) {
      this.error = error;
    }
  }
}

const idsIn = ({ permissions }: Record<string, unknown>): string[] =>
  Array.isArray(permissions) ? permissions.filter((id) => typeof id === 'string') : [];

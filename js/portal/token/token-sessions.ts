import { html, type TemplateResult } from 'lit';
import type { TokenSummary } from '../../api/token.js';
import { filledPage } from '../data/source.js';
import { countOf } from '../data/titles.js';
import { errorBox } from '../error-box.js';
import { instant, PortalElement } from '../portal-element.js';
import { allowedActions, labelOf } from './actions.js';

const PAGE = 20;

/** The living sessions that were exchanged from a token. */
export class TokenSessions extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    record: { attribute: false },
    sessions: { state: true },
    next: { state: true },
    error: { state: true },
  };
  declare record: TokenSummary;
  declare sessions: readonly TokenSummary[] | undefined;
  declare next: string | undefined;
  declare error: unknown;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('record')) void this.#read(undefined);
  }

  protected override render(): TemplateResult {
    const { portal, sessions } = this;
    if (this.error !== undefined) return errorBox(portal, this.error, () => void this.#read(undefined));
    if (sessions === undefined) return html`<progress aria-label=${this.t('portal.loading')}></progress>`;
    if (sessions.length === 0) return html`<p><small>${this.t('sessions.none')}</small></p>`;
    return html`
      <ul class="lines">
        ${sessions.map((session) => this.#line(session))}
      </ul>
      ${
        this.next === undefined
          ? ''
          : html`<button @click=${() => void this.#read(this.next)}>${this.t('sessions.more')}</button>`
      }
    `;
  }

  #line(session: TokenSummary): TemplateResult {
    const { portal } = this;
    const never = this.t('time.never');
    const { name, kind } = session;
    const end = allowedActions(portal, session).includes('revoke');
    return html`<li>
      <span class="words">
        <button class="link" dir="auto" @click=${() => portal.open({ screen: 'token', id: session.id })}>${name}</button>
        <small>
          ${portal.texts.count('scope.permissions', countOf(session))} ·
          ${this.t('sessions.made')} ${instant(portal, session.createdAt, never)} ·
          ${this.t('sessions.ends')} ${instant(portal, session.expiresAt, never)}
        </small>
      </span>
      ${
        end
          ? html`<button class="quiet danger" @click=${() => portal.manage(session, 'revoke')}>
            ${labelOf(portal, kind, 'revoke')}
          </button>`
          : ''
      }
    </li>`;
  }

  async #read(after: string | undefined): Promise<void> {
    const { id: parent, owner } = this.record;
    this.error = undefined;
    try {
      const { source } = this.portal;
      const read = (after: string | undefined) =>
        source.list({ owner, parent, limit: PAGE, ...(after === undefined ? {} : { after }) });
      const page = await filledPage(read, after, () => this.isConnected);
      this.sessions = after === undefined ? page.items : [...(this.sessions ?? []), ...page.items];
      this.next = page.next;
    } catch (error) {
      this.error = error;
    }
  }
}

import { html, type TemplateResult } from 'lit';
import type { LeastkeyError } from '../../api/errors.js';
import type { Minted } from '../../api/exchange.js';
import type { Preview } from '../../api/selection.js';
import type { CreateInput } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';
import { errorBox } from '../error-box.js';
import { icon } from '../icons.js';
import { commitPendingText } from '../pending-text.js';
import { type ChoiceChange, selectionOf } from '../permissions/edited-selection.js';
import { warningsOf } from '../permissions/summary.js';
import { PortalElement } from '../portal-element.js';
import { restrictionFields } from '../restrictions/restriction-fields.js';
import type { UnreadableField } from '../restrictions/unreadable-field.js';
import { detailsSection } from './details.js';
import { draftOf, inputOf, isComplete, type Section, stepsOf, type TokenDraft, withKind } from './draft.js';
import { expirationField } from './expiration.js';
import type { Prefill } from './prefill.js';
import { review } from './review.js';
import { roleField, rolesOf } from './role-field.js';

/**
 * Creates a token, in steps. The credential is minted in the page, and only its digest leaves it.
 */
export class CreateToken extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    prefill: { attribute: false },
    engine: { state: true },
    draft: { state: true },
    step: { state: true },
    tried: { state: true },
    busy: { state: true },
    unread: { state: true },
    error: { state: true },
  };
  declare prefill: Prefill | undefined;
  declare engine: Engine | undefined;
  declare draft: TokenDraft;
  declare step: number;
  /** Whether the user tried to continue: only then are missing fields reported. */
  declare tried: boolean;
  declare busy: boolean;
  /** A field with unreadable text. */
  declare unread: UnreadableField | undefined;
  declare error: unknown;
  /** Whether a step is in progress: a second click is ignored. */
  #going = false;
  /** The credential for all attempts of one draft, so that a retry creates no second token. */
  #minted: { of: TokenDraft; input: CreateInput; credential: Minted } | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    Object.assign(this, { step: 0, tried: false, busy: false, error: undefined });
    this.draft = draftOf(this.portal, this.portal.offeredKinds(), this.prefill);
    this.#start();
    this.focusHeading();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#minted = undefined;
  }

  protected override render(): TemplateResult {
    const { portal, step, draft, engine } = this;
    const steps = stepsOf(draft.kind);
    const sections = steps[step] ?? [];
    const preview = this.#preview();
    return html`
      <nav>
        <button class="link" @click=${() => portal.open({ screen: 'list' })}>
          ${icon('back')} ${this.t('portal.back')}
        </button>
      </nav>
      <h2 tabindex="-1">${this.t('create.title')}</h2>
      ${this.prefill === undefined || this.prefill.choice !== undefined ? '' : html`<p class="note">${icon('warning')} ${this.t('create.fromLink')}</p>`}
      ${steps.length > 1 ? this.#progress(steps) : ''}
      ${this.error === undefined ? '' : errorBox(portal, this.error, engine === undefined ? () => this.#start() : undefined, 'create')}
      <form novalidate class="split" @submit=${(event: Event) => this.#next(event)}>
        ${
          engine === undefined || preview === undefined
            ? html`<p><progress aria-label=${this.t('portal.loading')}></progress></p>`
            : html`
              <div>
                ${sections.map((section) => html`<section>${this.#section(section, engine, preview)}</section>`)}
              </div>
              ${sections.join() === 'details' ? '' : review(portal, draft, preview)}
            `
        }
        <footer>
          <button type="button" @click=${() => portal.open({ screen: 'list' })}>${this.t('create.cancel')}</button>
          ${
            step > 0
              ? html`<button type="button" ?disabled=${this.busy} @click=${() => this.#go(step - 1)}>
                ${this.t('create.previous')}
              </button>`
              : ''
          }
          <button class="primary" ?disabled=${this.busy || engine === undefined}>
            ${this.t(step + 1 < steps.length ? 'create.next' : this.busy ? 'create.creating' : 'create.create')}
          </button>
        </footer>
      </form>
    `;
  }

  #section(section: Section, engine: Engine, preview: Preview): TemplateResult {
    const { portal, draft } = this;
    const missing = this.tried && !this.#complete(section);
    switch (section) {
      case 'details':
        return detailsSection(portal, draft, missing, (change) => this.#change(change));
      case 'role':
        return roleField(portal, rolesOf(portal, draft.kind), draft.choice.role, (role) => {
          const { role: _, ...choice } = draft.choice;
          this.#change({ choice: role === undefined ? choice : { ...choice, role } });
        });
      case 'permissions':
        return html`
          ${missing ? html`<p class="note failure" role="alert">${icon('warning')} ${this.t('warning.empty')}</p>` : ''}
          <leastkey-permission-editor
            .portal=${portal}
            .engine=${engine}
            .choice=${draft.choice}
            .kind=${draft.kind.id}
            .folded=${draft.kind.technicalUser}
            .boundary=${portal.owner}
            .ceiling=${portal.ceiling}
            @choice-change=${({ choice }: ChoiceChange) => this.#change({ choice })}
          ></leastkey-permission-editor>
          ${warningsOf(portal, preview)}
        `;
      case 'expiration':
        return expirationField(portal, draft.kind, draft.expiration, (expiration) =>
          this.#change({ expiration }),
        );
      case 'restrictions':
        return restrictionFields(
          portal,
          draft.tokenFields,
          { conditions: true, limits: true },
          (change) => this.#change({ tokenFields: { ...draft.tokenFields, ...change } }),
          this.unread,
        );
    }
  }

  #progress(steps: readonly Section[][]): TemplateResult {
    const titles = ['create.details', 'create.permissions', 'create.finish'];
    return html`<ol class="steps">
      ${steps.map(
        (
          _,
          at,
        ) => html`<li aria-current=${at === this.step ? 'step' : 'false'} class=${at < this.step ? 'done' : ''}>
          <span>${at < this.step ? icon('check') : at + 1}</span> <b>${this.t(titles[at] ?? '')}</b>
        </li>`,
      )}
    </ol>`;
  }

  #preview(): Preview | undefined {
    return this.engine?.resolve(selectionOf(this.draft.choice), { tree: false });
  }

  #complete(section: Section): boolean {
    return isComplete(section, this.draft, this.#preview()?.permissions.length ?? 0, this.portal.now());
  }

  #change(change: Partial<TokenDraft>): void {
    const { kind } = change;
    const draft = { ...this.draft, ...change };
    this.draft = kind === undefined ? draft : withKind(draft, kind);
    this.unread = undefined;
  }

  async #start(): Promise<void> {
    this.error = undefined;
    try {
      this.engine = await this.portal.engine();
    } catch (error) {
      this.error = error;
    }
  }

  #go(step: number): void {
    Object.assign(this, { step, tried: false, error: undefined, unread: undefined });
    const title = this.t(['create.details', 'create.permissions', 'create.finish'][step] ?? '');
    this.portal.announce(
      this.t('create.step', { step: step + 1, steps: stepsOf(this.draft.kind).length, title }),
    );
    this.focusHeading();
  }

  async #next(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy || this.#going || this.engine === undefined) return;
    this.#going = true;
    const settled = await commitPendingText(this, this.draft.tokenFields);
    this.#going = false;
    if (!settled) return;
    const steps = stepsOf(this.draft.kind);
    const missing = steps[this.step]?.find((section) => !this.#complete(section));
    if (missing !== undefined) {
      this.tried = true;
      await this.updateComplete;
      this.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus();
    } else if (this.step + 1 < steps.length) {
      this.#go(this.step + 1);
    } else {
      await this.#create(this.engine);
    }
  }

  async #create(engine: Engine): Promise<void> {
    const { portal } = this;
    Object.assign(this, { busy: true, error: undefined });
    try {
      const { input, credential } = this.#mint(engine);
      const { token, ...minted } = credential;
      const record = await portal.source.create({ ...input, ...minted });
      this.#minted = undefined;
      portal.changed(record);
      portal.open({ screen: 'once', credential: token, record, rotated: false });
    } catch (error) {
      const { code } = error as LeastkeyError;
      // Only if the token may exist already must the next attempt use the same credential.
      if (code !== 'outcome_unknown') this.#minted = undefined;
      this.error = error;
      await this.updateComplete;
      this.focusHeading();
    } finally {
      this.busy = false;
    }
  }

  #mint(engine: Engine): { input: CreateInput; credential: Minted } {
    const { draft, portal } = this;
    if (this.#minted?.of !== draft) {
      const input = inputOf(draft, portal.owner, portal.now());
      this.#minted = { of: draft, input, credential: engine.mint() };
    }
    return this.#minted;
  }
}

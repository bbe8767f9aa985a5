import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { LeastkeyError } from '../../api/errors.js';
import type { Engine } from '../data/portal-core.js';
import { icon } from '../icons.js';
import { PortalElement, reveal } from '../portal-element.js';
import { type Choice, ChoiceChange, NOTHING, selectionOf } from './edited-selection.js';

/** Limits single permissions to some resources. */
export class Narrowing extends PortalElement {
  static override properties = {
    ...PortalElement.properties,
    engine: { attribute: false },
    choice: { attribute: false },
    given: { attribute: false },
    boundary: { attribute: false },
    permission: { state: true },
    place: { state: true },
    wrong: { state: true },
  };
  declare engine: Engine;
  declare choice: Choice;
  /** The permissions that the choice grants. */
  declare given: readonly string[];
  /** The resource to which the token is limited. */
  declare boundary: string;
  declare permission: string;
  declare place: string;
  declare wrong: string;

  constructor() {
    super();
    Object.assign(this, { choice: NOTHING, given: [], boundary: '', permission: '', place: '', wrong: '' });
  }

  /** Restores the typed text when the step is opened again. */
  protected override willUpdate(): void {
    if (this.hasUpdated) return;
    const { permission = '', place = '' } = this.choice.pending ?? {};
    Object.assign(this, { permission, place });
  }

  /**
   * Adds text that was typed but not added. Returns whether nothing is left; otherwise shows the
   * problem at the field.
   */
  async commitPendingText(): Promise<boolean> {
    if (this.place.trim() === '' || this.given.length === 0 || this.#add()) return true;
    await this.updateComplete;
    const field = this.querySelector<HTMLElement>('.narrowing [aria-invalid="true"]');
    if (field !== null) reveal(field);
    return false;
  }

  protected override render(): TemplateResult {
    const { titles } = this.portal;
    const entries = Object.entries(this.choice.resources ?? {});
    return html`<fieldset class="narrowing">
      <legend>${this.t('narrow.title')}</legend>
      <p>${this.t('narrow.hint', { place: this.boundary })}</p>
      ${
        entries.length === 0
          ? ''
          : html`<ul class="lines">
            ${entries.flatMap(([permission, places]) =>
              places.map(
                (place) => html`<li>
                  <span dir="auto">${this.t('narrow.is', { title: titles.permission(permission), list: place })}</span>
                  <button
                    type="button"
                    class="quiet"
                    aria-label=${this.t('narrow.dropName', { title: titles.permission(permission), place })}
                    @click=${() => this.#drop(permission, place)}
                  >
                    ${this.t('narrow.drop')}
                  </button>
                </li>`,
              ),
            )}
          </ul>`
      }
      ${this.given.length === 0 ? '' : this.#form()}
    </fieldset>`;
  }

  #form(): TemplateResult {
    const { titles } = this.portal;
    const chosen = this.#chosen();
    return html`
      <div class="side">
        <label class="field">
          <span>${this.t('narrow.permission')}</span>
          <select
            @change=${(event: Event) => {
              this.permission = (event.target as HTMLSelectElement).value;
              this.wrong = '';
              this.#keep();
            }}
          >
            ${this.given.map(
              (id) =>
                html`<option value=${id} ?selected=${id === chosen}>${titles.permission(id)} (${id})</option>`,
            )}
          </select>
        </label>
        <label class="field grow">
          <span>${this.t('narrow.resource')}</span>
          <input
            autocomplete="off"
            spellcheck="false"
            dir="ltr"
            maxlength="256"
            placeholder=${`${this.boundary}/…`}
            .value=${live(this.place)}
            aria-invalid=${this.wrong !== ''}
            aria-describedby="narrow-wrong"
            @input=${(event: Event) => {
              const before = this.place.trim();
              this.place = (event.target as HTMLInputElement).value;
              this.wrong = '';
              // The form needs no event per letter: each would resolve the selection again.
              if ((before === '') !== (this.place.trim() === '')) this.#keep();
            }}
            @change=${() => this.#keep()}
            @keydown=${(event: KeyboardEvent) => {
              // The outer form is about the whole token.
              if (event.key !== 'Enter') return;
              event.preventDefault();
              this.#add();
            }}
          />
        </label>
        <button type="button" @click=${() => this.#add()}>${icon('plus')} ${this.t('narrow.add')}</button>
      </div>
      <small id="narrow-wrong" class="wrong" role="alert">${this.wrong}</small>
    `;
  }

  /** The permission may have been removed from the choice since. */
  #chosen(): string {
    return this.given.includes(this.permission) ? this.permission : (this.given[0] ?? '');
  }

  /** Stores the typed text with the choice, for when this step is opened again. */
  #keep(): void {
    const { pending: _, ...choice } = this.choice;
    const { permission, place } = this;
    this.dispatchEvent(
      new ChoiceChange(place.trim() === '' ? choice : { ...choice, pending: { permission, place } }),
    );
  }

  /** Returns whether it was added. */
  #add(): boolean {
    const place = this.place.trim();
    if (this.permission !== '' && !this.given.includes(this.permission)) {
      // The field now shows another permission, which was not chosen.
      this.wrong = this.t('narrow.gone', { title: this.portal.titles.permission(this.permission) });
      this.permission = '';
      return false;
    }
    const within = this.boundary === '' || place === this.boundary || place.startsWith(`${this.boundary}/`);
    if (place === '' || !within) {
      this.wrong = this.t('narrow.outside', { place: this.boundary });
      return false;
    }
    const permission = this.#chosen();
    const places = this.choice.resources?.[permission] ?? [];
    const resources = { ...this.choice.resources, [permission]: [...new Set([...places, place])] };
    try {
      this.engine.resolve(selectionOf({ ...this.choice, resources }), { tree: false });
    } catch (error) {
      this.wrong = (error as LeastkeyError).problems?.[0]?.message ?? (error as Error).message;
      return false;
    }
    this.place = '';
    const { pending: _, ...choice } = this.choice;
    this.dispatchEvent(new ChoiceChange({ ...choice, resources }));
    return true;
  }

  #drop(permission: string, place: string): void {
    const { resources = {}, ...choice } = this.choice;
    const left = (resources[permission] ?? []).filter((other) => other !== place);
    const { [permission]: _, ...others } = resources;
    const rest = left.length === 0 ? others : { ...others, [permission]: left };
    this.dispatchEvent(
      new ChoiceChange(Object.keys(rest).length === 0 ? choice : { ...choice, resources: rest }),
    );
  }
}

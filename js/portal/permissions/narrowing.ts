import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { LeastkeyError } from '../../errors.js';
import type { Engine } from '../data/engine.js';
import { icon } from '../look/icons.js';
import { Part } from '../part.js';
import { type Choice, NOTHING, selectionOf } from './choice.js';
import { ChoiceChange } from './choice-change.js';

/** Single permissions, held on some resources only. */
export class Narrowing extends Part {
  static override properties = {
    ...Part.properties,
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
  /** The permissions that the choice gives. */
  declare given: readonly string[];
  /** The resource that the token may not leave. */
  declare boundary: string;
  declare permission: string;
  declare place: string;
  declare wrong: string;

  constructor() {
    super();
    Object.assign(this, { choice: NOTHING, given: [], boundary: '', permission: '', place: '', wrong: '' });
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
              this.place = (event.target as HTMLInputElement).value;
              this.wrong = '';
            }}
            @keydown=${(event: KeyboardEvent) => {
              // The form around it is about the whole token.
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

  /** A permission may have left the choice since it was chosen here. */
  #chosen(): string {
    return this.given.includes(this.permission) ? this.permission : (this.given[0] ?? '');
  }

  #add(): void {
    const place = this.place.trim();
    const within = this.boundary === '' || place === this.boundary || place.startsWith(`${this.boundary}/`);
    if (place === '' || !within) {
      this.wrong = this.t('narrow.outside', { place: this.boundary });
      return;
    }
    const permission = this.#chosen();
    const places = this.choice.resources?.[permission] ?? [];
    const resources = { ...this.choice.resources, [permission]: [...new Set([...places, place])] };
    try {
      this.engine.resolve(selectionOf({ ...this.choice, resources }), { tree: false });
    } catch (error) {
      this.wrong = (error as LeastkeyError).problems?.[0]?.message ?? (error as Error).message;
      return;
    }
    this.place = '';
    this.dispatchEvent(new ChoiceChange({ ...this.choice, resources }));
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

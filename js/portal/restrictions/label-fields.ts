import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Portal } from '../portal-context.js';
import type { TokenFields } from './token-fields.js';

export type ChangeTokenFields = (change: Partial<TokenFields>) => void;

export const textOf = (event: Event) => (event.target as HTMLInputElement).value;

export function nameField(
  { texts }: Portal,
  { name }: TokenFields,
  { missing, unique }: { missing: boolean; unique: boolean },
  change: ChangeTokenFields,
): TemplateResult {
  return html`<div class="field">
    <label>
    <span>${texts.of('field.name')}</span>
    <input
      name="name"
      required
      maxlength="100"
      autocomplete="off"
      dir="auto"
      .value=${live(name)}
      aria-invalid=${missing}
      aria-describedby="name-hint"
      @input=${(event: Event) => change({ name: textOf(event) })}
    /></label>
    <small id="name-hint" class=${missing ? 'wrong' : ''}>
      ${texts.of(missing ? 'field.required' : unique ? 'field.name.unique' : 'field.name.hint')}
    </small>
  </div>`;
}

export function descriptionField(
  { texts }: Portal,
  { description }: TokenFields,
  change: ChangeTokenFields,
): TemplateResult {
  return html`<label class="field">
    <span>${texts.of('field.description')} <small>${texts.of('field.optional')}</small></span>
    <textarea
      name="description"
      class="words"
      rows="2"
      maxlength="500"
      dir="auto"
      .value=${live(description)}
      @input=${(event: Event) => change({ description: textOf(event) })}
    ></textarea>
  </label>`;
}

export function tagsField(
  { texts }: Portal,
  { tags }: TokenFields,
  change: ChangeTokenFields,
): TemplateResult {
  return html`<div class="field">
    <label>
    <span>${texts.of('field.tags')} <small>${texts.of('field.optional')}</small></span>
    <input
      name="tags"
      autocomplete="off"
      dir="auto"
      .value=${live(tags)}
      aria-describedby="tags-hint"
      @input=${(event: Event) => change({ tags: textOf(event) })}
    /></label>
    <small id="tags-hint">${texts.of('field.tags.hint')}</small>
  </div>`;
}

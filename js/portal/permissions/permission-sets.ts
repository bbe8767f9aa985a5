import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Template } from '../../api/catalog.js';
import type { Portal } from '../portal-context.js';
import type { Choice, Resolve } from './edited-selection.js';

/** The most permissions that a card shows. */
const MAX_SHOWN = 6;

/** A template that can be chosen, and all permissions that it grants. */
export interface Offered {
  id: string;
  template: Template;
  gives: readonly string[];
}

/** The templates that can be granted completely, recommended ones first. */
export function offeredSets(
  { deployment }: Portal,
  ceiling: ReadonlySet<string>,
  resolve: Resolve,
): Offered[] {
  const sets = Object.entries(deployment.catalog.templates ?? {}).map(([id, template]) => ({
    id,
    template,
    gives: resolve({ templates: [id] }).permissions,
  }));
  const within = sets.filter(({ gives }) => gives.every((id) => ceiling.has(id)));
  return within.sort(
    (a, b) => Number(b.template.recommended ?? false) - Number(a.template.recommended ?? false),
  );
}

/** Cards for multiple choice. */
export function permissionSets(
  portal: Portal,
  offers: readonly Offered[],
  choice: Choice,
  kind: string,
  choose: (id: string, chosen: boolean) => void,
): TemplateResult {
  const { texts, titles } = portal;
  return html`<fieldset class="sets">
    <legend>${texts.of('sets.title', {}, kind)}</legend>
    <p>${texts.of('sets.hint')}</p>
    <div class="cards">
      ${offers.map(({ id, template, gives }) => {
        const named = gives.slice(0, MAX_SHOWN).map((permission) => titles.permission(permission));
        const list = texts.list(gives.length > MAX_SHOWN ? [...named, '…'] : named);
        return html`<label class="card">
          <input
            type="checkbox"
            name="template"
            value=${id}
            .checked=${live(choice.templates.includes(id))}
            @change=${(event: Event) => choose(id, (event.target as HTMLInputElement).checked)}
          />
          <span class="words">
            <strong>${template.title}</strong>
            ${template.recommended ? html`<span class="badge good">${texts.of('sets.recommended')}</span>` : ''}
            ${template.description === undefined ? '' : html`<span>${template.description}</span>`}
            <small>${texts.count('sets.gives', gives.length, { list })}</small>
          </span>
        </label>`;
      })}
    </div>
  </fieldset>`;
}

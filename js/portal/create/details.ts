import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Portal } from '../portal.js';
import type { Draft } from './draft.js';

const textOf = (event: Event) => (event.target as HTMLInputElement).value;

/** What it is called, and as whom it acts. */
export function detailsSection(
  portal: Portal,
  draft: Draft,
  missing: boolean,
  change: (change: Partial<Draft>) => void,
): TemplateResult {
  const { texts } = portal;
  const { kind } = draft;
  const kinds = portal.offeredKinds();
  const optional = html`<small>${texts.of('field.optional')}</small>`;
  return html`
    ${
      kinds.length > 1
        ? html`<label class="field">
          <span>${texts.of('field.kind')}</span>
          <select
            name="kind"
            @change=${(event: Event) => change({ kind: kinds.find(({ id }) => id === textOf(event)) ?? kind })}
          >
            ${kinds.map(
              ({ id }) =>
                html`<option value=${id} ?selected=${id === kind.id}>${portal.kindTitle(id)}</option>`,
            )}
          </select>
        </label>`
        : ''
    }
    ${kind.description === undefined ? '' : html`<p>${kind.description}</p>`}
    <label class="field">
      <span>${texts.of('field.name')}</span>
      <input
        name="name"
        required
        maxlength="100"
        autocomplete="off"
        dir="auto"
        .value=${live(draft.name)}
        aria-invalid=${missing}
        aria-describedby="name-hint"
        @input=${(event: Event) => change({ name: textOf(event) })}
      />
      <small id="name-hint" class=${missing ? 'wrong' : ''}>
        ${texts.of(missing ? 'field.required' : kind.uniqueNames ? 'field.name.unique' : 'field.name.hint')}
      </small>
    </label>
    ${
      kind.technicalUser || portal.authority.is(portal.owner)
        ? ''
        : html`<label class="field">
          <span>${texts.of('field.subject')} ${optional}</span>
          <input
            name="subject"
            maxlength="256"
            autocomplete="off"
            dir="auto"
            .value=${live(draft.subject)}
            aria-describedby="subject-hint"
            @input=${(event: Event) => change({ subject: textOf(event) })}
          />
          <small id="subject-hint">${texts.of('field.subject.hint')}</small>
        </label>`
    }
  `;
}

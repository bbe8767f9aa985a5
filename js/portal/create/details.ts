import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Portal } from '../portal-context.js';
import { descriptionField, nameField, tagsField, textOf } from '../restrictions/label-fields.js';
import type { TokenFields } from '../restrictions/token-fields.js';
import type { TokenDraft } from './draft.js';

/** Name, description, tags and subject. */
export function detailsSection(
  portal: Portal,
  draft: TokenDraft,
  missing: boolean,
  change: (change: Partial<TokenDraft>) => void,
): TemplateResult {
  const { texts } = portal;
  const { kind, tokenFields } = draft;
  const kinds = portal.offeredKinds();
  const changeFields = (changed: Partial<TokenFields>) =>
    change({ tokenFields: { ...draft.tokenFields, ...changed } });
  return html`
    ${
      kinds.length > 1
        ? html`<div class="field">
          <label>
          <span>${texts.of('field.kind')}</span>
          <select
            name="kind"
            @change=${(event: Event) => change({ kind: kinds.find(({ id }) => id === textOf(event)) ?? kind })}
          >
            ${kinds.map(
              ({ id }) =>
                html`<option value=${id} ?selected=${id === kind.id}>${portal.kindTitle(id)}</option>`,
            )}
          </select></label>
          ${kind.description === undefined ? '' : html`<small>${kind.description}</small>`}
        </div>`
        : kind.description === undefined
          ? ''
          : html`<p>${kind.description}</p>`
    }
    ${nameField(portal, tokenFields, { missing, unique: kind.uniqueNames }, changeFields)}
    ${kind.technicalUser || portal.authority.is(portal.owner) ? '' : subjectField(portal, draft, change)}
    <details class="more">
      <summary>${texts.of('field.more')}</summary>
      ${descriptionField(portal, tokenFields, changeFields)} ${tagsField(portal, tokenFields, changeFields)}
    </details>
  `;
}

function subjectField(
  { texts }: Portal,
  { subject }: TokenDraft,
  change: (change: Partial<TokenDraft>) => void,
): TemplateResult {
  return html`<div class="field">
    <label>
    <span>${texts.of('field.subject')} <small>${texts.of('field.optional')}</small></span>
    <input
      name="subject"
      maxlength="256"
      autocomplete="off"
      dir="auto"
      .value=${live(subject)}
      aria-describedby="subject-hint"
      @input=${(event: Event) => change({ subject: textOf(event) })}
    /></label>
    <small id="subject-hint">${texts.of('field.subject.hint')}</small>
  </div>`;
}

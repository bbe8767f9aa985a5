import { html, type TemplateResult } from 'lit';
import type { LeastkeyError } from '../api/errors.js';
import { icon } from './icons.js';
import type { Portal } from './portal-context.js';

/** The most problems in the list. */
const LISTED = 12;

/** Codes whose message details help the user. */
const WITH_DETAILS: readonly string[] = ['exceeds_ceiling', 'invalid_input'];

/** An error as text for the user. `of`: the context, if it has texts of its own. */
export function errorBox({ texts }: Portal, error: unknown, retry?: () => void, of?: string): TemplateResult {
  const { code, message, problems = [] } = error as LeastkeyError;
  const text = texts.find(`error.${code}`, of) ?? texts.of('error.other');
  const details = problems.length > 0 ? problems.map((problem) => problem.message) : [message];
  return html`<div class="note failure" role="alert">
    ${icon('warning')}
    <div>
      <strong>${texts.of('error.title')}</strong>
      <p>${text}</p>
      ${WITH_DETAILS.includes(code) ? html`<ul>${details.slice(0, LISTED).map((detail) => html`<li>${detail}</li>`)}</ul>` : ''}
      ${retry === undefined ? '' : html`<button @click=${retry}>${texts.of('error.retry')}</button>`}
    </div>
  </div>`;
}

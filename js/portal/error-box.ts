import { html, type TemplateResult } from 'lit';
import type { LeastkeyError } from '../api/errors.js';
import { icon } from './icons.js';
import type { Portal } from './portal.js';

/** The most problems that are listed. */
const LISTED = 12;

/** Codes after which the details of the message help whoever reads it. */
const TOLD: readonly string[] = ['exceeds_ceiling', 'invalid_input'];

/** What went wrong, in words for the person in front of it; `of` is what it went wrong in, where that has words of its own. */
export function errorBox({ texts }: Portal, error: unknown, retry?: () => void, of?: string): TemplateResult {
  const { code, message, problems = [] } = error as LeastkeyError;
  const text = texts.find(`error.${code}`, of) ?? texts.of('error.other');
  const details = problems.length > 0 ? problems.map((problem) => problem.message) : [message];
  return html`<div class="note failure" role="alert">
    ${icon('warning')}
    <div>
      <strong>${texts.of('error.title')}</strong>
      <p>${text}</p>
      ${TOLD.includes(code) ? html`<ul>${details.slice(0, LISTED).map((detail) => html`<li>${detail}</li>`)}</ul>` : ''}
      ${retry === undefined ? '' : html`<button @click=${retry}>${texts.of('error.retry')}</button>`}
    </div>
  </div>`;
}

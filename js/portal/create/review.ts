import { html, type TemplateResult } from 'lit';
import type { Preview } from '../../api/selection.js';
import { summaryOf } from '../permissions/summary.js';
import { narrowedOf } from '../permissions/visible-nodes.js';
import type { Portal } from '../portal-context.js';
import { conditionWords, limitWords } from '../restrictions/describe.js';
import { conditionsOf, limitsOf } from '../restrictions/token-fields.js';
import type { TokenDraft } from './draft.js';
import { endOf } from './expiration.js';

/** A summary of the token beside the form. Screen readers get the number of permissions. */
export function review(
  portal: Portal,
  draft: TokenDraft,
  { permissions, resources }: Preview,
): TemplateResult {
  const { texts, times, owner, now } = portal;
  const ends = endOf(draft.expiration, draft.kind, now());
  const subject = draft.subject.trim();
  const facts = [
    texts.of('summary.reach', { place: owner }),
    ...(subject === '' ? [] : [texts.of('summary.acts', { subject })]),
    ...(draft.kind.technicalUser ? [texts.of('summary.backed')] : []),
    ends === undefined ? texts.of('summary.forever') : texts.of('summary.until', { date: times.day(ends) }),
  ];
  const restrictions = [
    ...conditionWords(portal, conditionsOf(draft.tokenFields)),
    ...limitWords(portal, limitsOf(draft.tokenFields)),
  ];
  return html`<aside class="review" aria-labelledby="review-title">
    <h3 id="review-title">${texts.of('summary.title')}</h3>
    <p role="status"><small>${texts.count('scope.permissions', permissions.length)}</small></p>
    ${summaryOf(portal, permissions)}
    ${narrowedOf(portal, resources)}
    <p>${facts.join(' ')}</p>
    ${restrictions.length === 0 ? '' : html`<ul>${restrictions.map((text) => html`<li dir="auto">${text}</li>`)}</ul>`}
  </aside>`;
}

import { html, type TemplateResult } from 'lit';
import type { Preview } from '../../selection.js';
import { summaryOf } from '../permissions/summary.js';
import type { Portal } from '../portal.js';
import type { Draft } from './draft.js';
import { endOf } from './expiration.js';

/** What the token will be, in plain words, before it is made. */
export function reviewSection(portal: Portal, draft: Draft, { permissions }: Preview): TemplateResult {
  const { texts, times, owner, now } = portal;
  const ends = endOf(draft.expiration, draft.kind, now());
  const subject = draft.subject.trim();
  const facts = [
    texts.of('summary.reach', { place: owner }),
    ...(subject === '' ? [] : [texts.of('summary.acts', { subject })]),
    ...(draft.kind.technicalUser ? [texts.of('summary.backed')] : []),
    ends === undefined ? texts.of('summary.forever') : texts.of('summary.until', { date: times.day(ends) }),
  ];
  return html`<div class="review">
    <h3>${texts.of('summary.title')}</h3>
    ${summaryOf(portal, permissions)}
    <p>${facts.join(' ')}</p>
  </div>`;
}

import { html, type TemplateResult } from 'lit';
import type { TokenRecord } from '../../api/token.js';
import type { Portal } from '../portal-context.js';
import { instant } from '../portal-element.js';
import { conditionWords, limitWords } from '../restrictions/describe.js';

type Fact = [title: string, value: TemplateResult | string | undefined, width?: 'whole'];

/** The members of the record except permissions and status. */
export function factsOf(portal: Portal, record: TokenRecord): TemplateResult {
  const { texts, titles } = portal;
  const never = texts.of('time.never');
  const inside = (text: string | undefined) => (text === undefined ? undefined : html`<bdi>${text}</bdi>`);
  const { role } = record;
  const facts: Fact[] = [
    [texts.of('token.description'), inside(record.description), 'whole'],
    [texts.of('token.kind'), portal.kindTitle(record.kind)],
    [texts.of('token.owner'), inside(record.owner)],
    [texts.of('token.subject'), inside(record.subject)],
    [texts.of('token.technicalUser'), inside(record.technicalUser)],
    [
      texts.of('token.role'),
      role === undefined ? undefined : role === 'admin' ? texts.of('role.admin') : titles.role(role),
    ],
    [
      texts.of('token.reach'),
      inside(record.resource === '' ? texts.of('scope.everything') : record.resource),
    ],
    [
      texts.of('token.created'),
      html`${instant(portal, record.createdAt, never)} <small><bdi>${record.createdBy}</bdi></small>`,
    ],
    [texts.of('token.expires'), instant(portal, record.expiresAt, never)],
    [texts.of('token.used'), instant(portal, record.lastUsedAt, never)],
    [texts.of('token.uses'), record.uses === undefined ? undefined : texts.number(record.uses)],
    [texts.of('token.from'), addressesOf(portal, record), 'whole'],
    [texts.of('token.notBefore'), future(portal, record.notBefore)],
    [
      texts.of('token.idle'),
      record.idleAfter === undefined ? undefined : portal.times.length(record.idleAfter),
    ],
    [texts.of('edit.row.conditions'), lines(conditionWords(portal, record.conditions)), 'whole'],
    [texts.of('edit.row.limits'), lines(limitWords(portal, record.limits)), 'whole'],
    [texts.of('token.reason'), inside(record.reason)],
    [texts.of('token.tags'), record.tags === undefined ? undefined : inside(record.tags.join(', '))],
    [texts.of('token.id'), html`<code>${record.id}</code>`],
  ];
  return html`<dl class="facts">
    ${facts.flatMap(([title, value, width = '']) =>
      value === undefined ? [] : [html`<div class=${width}><dt>${title}</dt><dd>${value}</dd></div>`],
    )}
  </dl>`;
}

const lines = (texts: readonly string[]) =>
  texts.length === 0
    ? undefined
    : html`${texts.map((text) => html`<span class="line-of" dir="auto">${text}</span>`)}`;

/** The addresses that it was used from, or that they are unknown. */
function addressesOf(portal: Portal, { uses, lastUsedFrom }: TokenRecord): TemplateResult | undefined {
  if (uses === undefined) return undefined;
  if (lastUsedFrom === undefined) return html`<small>${portal.texts.of('token.from.unknown')}</small>`;
  return html`<ul class="plain">
    ${lastUsedFrom.map(({ address, at }) => html`<li><code>${address}</code> ${instant(portal, at, '')}</li>`)}
  </ul>`;
}

/** A future instant. */
const future = (portal: Portal, at: number | undefined) =>
  at === undefined || at <= portal.now() ? undefined : instant(portal, at, '');

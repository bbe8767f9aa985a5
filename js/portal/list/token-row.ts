import { html, type TemplateResult } from 'lit';
import type { TokenSummary } from '../../api/token.js';
import { countOf } from '../data/titles.js';
import { icon } from '../icons.js';
import type { Portal } from '../portal-context.js';
import { instant } from '../portal-element.js';
import { DAY } from '../text/times.js';
import { allowedActions, labelOf } from '../token/actions.js';
import { editableOf } from '../token/edit-differences.js';
import { concernsOf, standingOf } from './displayed-status.js';

/** The most sets and permissions that are named; the rest is counted. */
const NAMED = 3;

export function tokenRow(portal: Portal, record: TokenSummary, index: number): TemplateResult {
  const { texts } = portal;
  const never = texts.of('time.never');
  const actions = allowedActions(portal, record);
  const ending =
    actions.find((action) => action === 'revoke') ?? actions.find((action) => action === 'delete');
  const scope = grantSummary(portal, record);
  const expires = instant(portal, record.expiresAt, never);
  const kind = portal.kindTitle(record.kind);
  return html`
    <tr data-row aria-rowindex=${index}>
      <th scope="row">
        <button class="link name" dir="auto" title=${record.name} @click=${() => portal.open({ screen: 'token', id: record.id })}>
          ${record.name}
        </button>
        <span class="scope" title=${scope.join(', ')}
          ><bdi>${scope.slice(0, NAMED).join(' · ')}${scope.length > NAMED ? ` +${scope.length - NAMED}` : ''}</bdi></span
        >
        <span class="meta narrow">${texts.of('list.expires')}: ${expires} · ${kind}</span>
        ${concerns(portal, record)}
      </th>
      <td class="wide"><span class="line">${kind}</span><small><bdi>${record.owner}</bdi></small></td>
      <td class="wide">${instant(portal, record.createdAt, never)}</td>
      <td class="middle">${expires}</td>
      <td class="wide">${instant(portal, record.lastUsedAt, never)}</td>
      <td>${statusButton(portal, record)}</td>
      <td class="middle actions">
        ${
          editableOf(portal, record).length > 0
            ? html`<button
              class="quiet"
              aria-label=${texts.of('list.editName', { name: record.name })}
              @click=${() => portal.open({ screen: 'edit', id: record.id, from: 'list' })}
            >
              ${icon('pencil')} ${texts.of('list.edit')}
            </button>`
            : ''
        }
        ${
          ending === undefined
            ? ''
            : html`<button
              class="quiet danger"
              aria-label=${texts.of('list.endName', { action: labelOf(portal, record.kind, ending), name: record.name })}
              @click=${() => portal.manage(record, ending)}
            >
              ${labelOf(portal, record.kind, ending)}
            </button>`
        }
      </td>
    </tr>
  `;
}

/** The summary of a token's permissions: its sets, its role, or the permissions. */
function grantSummary({ titles, texts }: Portal, record: TokenSummary): string[] {
  const { role, templates, added, removed } = record;
  if (role === 'admin') return [texts.of('scope.everything')];
  const count = texts.count('scope.permissions', countOf(record));
  if (role !== undefined && templates.length === 0) {
    return [texts.of('scope.role', { role: titles.role(role) }), count];
  }
  // A list that is left out is long.
  const tweaked = templates.length > 0 && (added?.length !== 0 || removed?.length !== 0);
  if (templates.length === 0 && record.permissions === undefined) return [count];
  return tweaked ? [...titles.scopeOf(record), count] : titles.scopeOf(record);
}

/** The status as a button that opens the actions. */
export function statusButton(portal: Portal, record: TokenSummary): TemplateResult {
  const { texts, now } = portal;
  const standing = standingOf(record, now());
  const status = texts.of(`status.${standing}`, {}, record.kind);
  if (allowedActions(portal, record).length === 0)
    return html`<span class="status ${standing}">${status}</span>`;
  return html`<button
    class="status ${standing}"
    aria-haspopup="dialog"
    aria-label=${texts.of('list.statusOf', { status, name: record.name })}
    @click=${() => portal.manage(record)}
  >
    ${status} ${icon('down')}
  </button>`;
}

function concerns(portal: Portal, record: TokenSummary): TemplateResult | string {
  const { texts, times, now } = portal;
  const found = concernsOf(portal, record);
  if (found.length === 0) return '';
  const time = record.lastUsedAt === undefined ? '' : times.length(daysSince(record.lastUsedAt, now()));
  return html`<span class="concerns"
    >${found.map((concern) => html`<span class="badge">${texts.of(`warn.${concern}`, { time })}</span>`)}</span
  >`;
}

const daysSince = (at: number, now: number) => Math.floor((now - at) / DAY) * DAY;

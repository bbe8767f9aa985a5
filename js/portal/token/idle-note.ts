import { html, type TemplateResult } from 'lit';
import type { TokenRecord } from '../../api/token.js';
import type { Engine } from '../data/portal-core.js';
import { icon } from '../icons.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';
import { editableOf } from './edit-differences.js';
import { idleOf, narrowedTo } from './idle.js';

/** The unused permissions of a token, with a link to a narrower one. */
export function idleNote(portal: Portal, record: TokenRecord, engine: Engine): TemplateResult | string {
  const { texts, titles, times, now } = portal;
  const idle = idleOf(portal, record);
  if (idle === undefined || record.status === 'revoked') return usageNote(portal, record);
  const time = times.length(Math.floor((now() - idle.since) / DAY) * DAY);
  const list = texts.list(idle.unused.map((id) => titles.permission(id)));
  return html`<div class="note warning">
    ${icon('warning')}
    <div>
      <strong>${texts.of('idle.title')}</strong>
      <p>${texts.count('idle.text', idle.unused.length, { of: record.permissions.length, time, list })}</p>
      ${proposal(portal, record, idle.needed, engine)}
    </div>
  </div>`;
}

/** Edits the token if its kind allows that; otherwise proposes a new one. */
function proposal(
  portal: Portal,
  record: TokenRecord,
  needed: readonly string[],
  engine: Engine,
): TemplateResult | string {
  const { texts } = portal;
  const { id, kind, name } = record;
  if (editableOf(portal, record).includes('permissions')) {
    return html`<button @click=${() => portal.open({ screen: 'edit', id, narrow: true })}>
      ${texts.of('idle.narrow')}
    </button>`;
  }
  if (!portal.offeredKinds().some((offered) => offered.id === kind)) return '';
  const choice = () => narrowedTo(record, needed, engine);
  return html`<button
    @click=${() => portal.open({ screen: 'create', prefill: { templates: [], name, kind, choice: choice() } })}
  >
    ${texts.of('idle.replace')}
  </button>`;
}

/** Since when usage is known, if there is nothing to report. */
function usageNote(
  { texts, times }: Portal,
  { permissions, permissionUse }: TokenRecord,
): TemplateResult | string {
  if (permissionUse === undefined) return '';
  const used = permissions.filter((id) => Object.hasOwn(permissionUse.lastUsedAt, id)).length;
  const since = times.day(permissionUse.since);
  return html`<p><small>${texts.count('idle.used', permissions.length, { used, since })}</small></p>`;
}

import { html, type TemplateResult } from 'lit';
import type { Portal, View } from './portal-context.js';

/** The element of the current screen. */
export function screenOf(portal: Portal, view: View): TemplateResult {
  if (portal.owner === '' && portal.owners.length === 0) {
    return html`<div class="empty">
      <h2>${portal.texts.of('portal.refused.title')}</h2>
      <p>${portal.texts.of('portal.refused.text')}</p>
    </div>`;
  }
  switch (view.screen) {
    case 'list':
      return html`<leastkey-token-list .portal=${portal}></leastkey-token-list>`;
    case 'create':
      return html`<leastkey-create-token .portal=${portal} .prefill=${view.prefill}></leastkey-create-token>`;
    case 'token':
      return html`<leastkey-token-page .portal=${portal} .id=${view.id}></leastkey-token-page>`;
    case 'edit':
      return html`<leastkey-edit-token
        .portal=${portal}
        .id=${view.id}
        .narrow=${view.narrow === true}
        .from=${view.from}
      ></leastkey-edit-token>`;
    case 'once':
      return html`<leastkey-copy-once
        .portal=${portal}
        .credential=${view.credential}
        .record=${view.record}
        .rotated=${view.rotated}
      ></leastkey-copy-once>`;
  }
}

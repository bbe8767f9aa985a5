import { html, type TemplateResult } from 'lit';
import type { Portal } from '../portal.js';

/** Which permissions are held on some resources only, and on which. */
export function narrowedOf(
  { texts, titles }: Portal,
  resources: Readonly<Record<string, readonly string[]>> = {},
): TemplateResult | string {
  const entries = Object.entries(resources);
  if (entries.length === 0) return '';
  return html`<ul class="narrowed">
    ${entries.map(
      ([permission, places]) =>
        html`<li dir="auto">${texts.of('narrow.is', { title: titles.permission(permission), list: texts.either(places) })}</li>`,
    )}
  </ul>`;
}

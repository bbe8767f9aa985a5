import { html, type TemplateResult } from 'lit';
import type { Preview, Warning } from '../../api/selection.js';
import { icon } from '../icons.js';
import type { Portal } from '../portal-context.js';

/** The most permissions of a fully granted service that are listed one by one. */
const NAMED = 6;

/** The permissions by service, as text. */
export function summaryOf(portal: Portal, permissions: readonly string[]): TemplateResult {
  const { titles, texts } = portal;
  if (permissions.length === 0) return html`<p>${texts.of('summary.nothing')}</p>`;
  const services = titles.services.flatMap((service) => {
    const given = permissions.filter((id) => titles.serviceOf(id) === service);
    return given.length === 0 ? [] : [{ service, given }];
  });
  const all = titles.services.reduce((sum, service) => sum + titles.sizeOf(service), 0);
  if (permissions.length === all && services.length > 1) {
    return html`<p>${texts.of('summary.whole', { count: all, services: services.length })}</p>`;
  }
  return html`<dl class="summary">
    ${services.map(
      ({ service, given }) => html`
        <dt>${titles.service(service)}</dt>
        <dd>
          ${
            given.length === titles.sizeOf(service) && given.length > NAMED
              ? texts.of('summary.all', { count: given.length })
              : texts.list(given.map((id) => titles.permission(id)))
          }
        </dd>
      `,
    )}
  </dl>`;
}

/** Warnings to show before saving, except for an empty selection, which the summary shows. */
export function warningsOf(portal: Portal, { warnings }: Pick<Preview, 'warnings'>): TemplateResult {
  // For a selection of everything, the excess over a template is no further warning.
  const everything = warnings.some(({ code }) => code === 'admin_role');
  const passed = everything ? ['empty', 'wider_than_recommended'] : ['empty'];
  const shown = warnings.filter(({ code }) => !passed.includes(code));
  return html`${shown.map((warning) => html`<p class="note warning">${icon('warning')} ${warningText(portal, warning)}</p>`)}`;
}

function warningText({ titles, texts }: Portal, warning: Warning): string {
  switch (warning.code) {
    case 'implied_removed':
      return texts.of('warning.implied_removed', {
        title: titles.permission(warning.permission),
        others: texts.list(warning.impliedBy.map((id) => titles.permission(id))),
      });
    case 'deprecated':
      return texts.of(warning.replacement === undefined ? 'warning.deprecated' : 'warning.deprecatedFor', {
        title: titles.permission(warning.permission),
        replacement: titles.permission(warning.replacement ?? ''),
      });
    case 'wider_than_recommended':
      return texts.count('warning.wider_than_recommended', warning.extra.length, {
        template: titles.template(warning.template),
      });
    default:
      return texts.of(`warning.${warning.code}`);
  }
}

/** The page "which endpoint needs which permission", as Markdown and HTML. */

import type { Catalog } from '../api/catalog.js';
import { type PermissionEntry, permissionsOf, permissionsOfService } from './catalog-entries.js';

interface Row {
  route: string;
  /** With the resource that it needs each on. */
  needs: { entry: PermissionEntry; resource?: string }[];
}

interface Section {
  id: string;
  title: string;
  description: string | undefined;
  rows: Row[];
  /** The permissions that no endpoint needs. */
  others: PermissionEntry[];
}

interface Page {
  title: string;
  version: string | undefined;
  sections: Section[];
  sets: { id: string; title: string; description: string | undefined; permissions: readonly string[] }[];
}

/** The markup of one syntax. Texts of a catalog go through `text` or `code`. */
interface Markup {
  text(text: string): string;
  code(text: string): string;
  /** A line break in a cell. */
  newLine: string;
  heading(level: 1 | 2, text: string, id: string): string;
  paragraph(text: string): string;
  link(id: string, text: string): string;
  list(items: readonly string[]): string;
  table(titles: readonly string[], rows: readonly (readonly string[])[]): string;
  document(title: string, body: string): string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * @param setsOf the permissions of a template, resolved
 */
export function catalogPage(
  catalog: Catalog,
  format: 'markdown' | 'html',
  { title, setsOf }: { title: string; setsOf: (template: string) => readonly string[] },
): string {
  const page: Page = {
    title,
    version: catalog.version,
    sections: sectionsOf(catalog),
    sets: Object.entries(catalog.templates ?? {}).map(([id, { title, description }]) => ({
      id,
      title,
      description,
      permissions: setsOf(id),
    })),
  };
  return written(page, format === 'html' ? HTML : MARKDOWN);
}

function sectionsOf(catalog: Catalog): Section[] {
  const needsOf = new Map<string, Row['needs']>();
  for (const entry of permissionsOf(catalog)) {
    for (const { route, ...on } of entry.routes) {
      const needs = needsOf.get(route) ?? [];
      needs.push({ entry, ...on });
      needsOf.set(route, needs);
    }
  }
  return Object.entries(catalog.services).map(([id, { title, description }]) => {
    const entries = permissionsOfService(catalog, id);
    // An endpoint that needs permissions of two services is in both sections.
    const routes = new Set(entries.flatMap(({ routes }) => routes.map(({ route }) => route)));
    const rows = [...routes].sort(byPath).map((route) => ({ route, needs: needsOf.get(route) ?? [] }));
    return { id, title, description, rows, others: entries.filter(({ routes }) => routes.length === 0) };
  });
}

function byPath(one: string, other: string): number {
  const [a, b] = [one, other].map((route) => route.split(' ') as [string, string]) as [
    [string, string],
    [string, string],
  ];
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return METHODS.indexOf(a[0]) - METHODS.indexOf(b[0]);
}

function written({ title, version, sections, sets }: Page, markup: Markup): string {
  const { text, code, heading, paragraph, table, list, link } = markup;
  const endpoints = sections.filter(({ rows, others }) => rows.length + others.length > 0);
  const body = [
    heading(1, text(title), 'top'),
    paragraph(
      `${version === undefined ? '' : `${text(`Version ${version}.`)} `}${text('An endpoint with several permissions needs all of them.')}`,
    ),
    list([
      ...endpoints.map(({ id, title }) => link(`service-${id}`, text(title))),
      ...(sets.length > 0 ? [link('permission-sets', text('Permission sets'))] : []),
    ]),
    ...endpoints.flatMap((section) => [
      heading(2, text(section.title), `service-${section.id}`),
      ...(section.description === undefined ? [] : [paragraph(text(section.description))]),
      ...(section.rows.length === 0
        ? []
        : [
            table(
              ['Endpoint', 'Permission', 'What it allows'].map(text),
              section.rows.map((row) => cellsOf(row, markup)),
            ),
          ]),
      ...(section.others.length === 0
        ? []
        : [
            paragraph(text('Permissions that no endpoint needs by itself:')),
            table(
              ['Permission', 'What it allows'].map(text),
              section.others.map((entry) => [code(entry.id), allowed(entry, markup)]),
            ),
          ]),
    ]),
    ...(sets.length === 0
      ? []
      : [
          heading(2, text('Permission sets'), 'permission-sets'),
          table(
            ['Permission set', 'Permissions'].map(text),
            sets.map(({ id, title, description, permissions }) => [
              `${text(title)}${markup.newLine}${code(id)}${description === undefined ? '' : `${markup.newLine}${text(description)}`}`,
              permissions.map(code).join(' '),
            ]),
          ),
        ]),
  ];
  return markup.document(title, body.join('\n\n'));
}

function cellsOf({ route, needs }: Row, markup: Markup): string[] {
  const { code, text, newLine } = markup;
  return [
    code(route),
    needs
      .map(({ entry, resource }) =>
        resource === undefined ? code(entry.id) : `${code(entry.id)} ${text('on')} ${code(resource)}`,
      )
      .join(newLine),
    needs.map(({ entry }) => allowed(entry, markup)).join(newLine),
  ];
}

function allowed(
  { title, description, implies, deprecated }: PermissionEntry,
  { text, code }: Markup,
): string {
  const also = implies.length === 0 ? '' : ` ${text('Includes')} ${implies.map(code).join(' ')}.`;
  const old = deprecated ? ` ${text('Deprecated.')}` : '';
  const more = description === undefined ? '' : ` ${text(description)}`;
  return `${text(title.replace(/[.]?$/, '.'))}${more}${also}${old}`;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

const MARKDOWN: Markup = {
  text: (text) => oneLine(text).replace(/[\\`*_[\]<>|~#&]/g, '\\$&'),
  code: (text) => `\`${oneLine(text).replaceAll('`', '').replaceAll('|', '\\|')}\``,
  newLine: '<br>',
  heading: (level, text, id) => `<a id="${id}"></a>\n\n${'#'.repeat(level)} ${text}`,
  paragraph: (text) => text,
  link: (id, text) => `[${text}](#${id})`,
  list: (items) => items.map((item) => `- ${item}`).join('\n'),
  table: (titles, rows) =>
    [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
  document: (_, body) => `${body}\n`,
};

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => oneLine(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
  code { font: 0.9em/1.4 ui-monospace, monospace; }
  ul { columns: 16rem; }
  table { border-collapse: collapse; width: 100%; table-layout: fixed; }
  th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.4rem 1rem 0.4rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  th:first-child { width: 36%; }
  th:nth-child(2) { width: 24%; }
  @media (max-width: 40rem) {
    thead { display: none; }
    tr { display: block; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.5rem 0; }
    td { display: block; border: 0; padding: 0.1rem 0; }
  }
`;

const HTML: Markup = {
  text: escaped,
  code: (text) => `<code>${escaped(text)}</code>`,
  newLine: '<br>',
  heading: (level, text, id) => `<h${level} id="${id}">${text}</h${level}>`,
  paragraph: (text) => `<p>${text}</p>`,
  link: (id, text) => `<a href="#${id}">${text}</a>`,
  list: (items) => `<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`,
  table: (titles, rows) => {
    const cells = (tag: string, row: readonly string[]) =>
      `<tr>${row.map((cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${cell}</${tag}>`).join('')}</tr>`;
    return `<table>\n<thead>${cells('th', titles)}</thead>\n<tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody>\n</table>`;
  },
  document: (title, body) =>
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>${escaped(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${body}\n</body>\n</html>\n`,
};

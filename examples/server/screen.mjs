/** What both ways of walking print alike. */

import path from 'node:path';
import { styleText } from 'node:util';

const { stdout } = process;
const coloured = stdout.isTTY && stdout.hasColors();

export const paint = (style, text) => (coloured ? styleText(style, text) : text);

/** A command line as a person would type it. */
export function commandLine(words) {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

export function curl({ method, path: route, body, credential = 'own' }, origin) {
  const header = { own: '$TOKEN', altered: 'x$TOKEN' }[credential];
  return [
    'curl -i',
    `${origin}${route}`,
    ...(header === undefined ? [] : [`-H "Authorization: Bearer ${header}"`]),
    ...(body === undefined ? (method === 'GET' ? [] : [`-X ${method}`]) : [`-d '${JSON.stringify(body)}'`]),
  ].join(' ');
}

/** The token that a walk begins with. Its credential is printed by the caller, this once. */
export function introduce({ system, record }) {
  const template = system.catalog.templates[record.templates[0].id];
  return [
    paint('bold', system.title),
    '',
    `  A token of ${record.owner} for one hour, made from the template "${template.title}". It holds`,
    `  ${record.permissions.join(' ')}`,
  ];
}

/** What tells `leastkey` which deployment it is about. */
export function environmentOf({ database, catalogFile, prefix }) {
  return { LEASTKEY_DB: near(database), LEASTKEY_CATALOG: near(catalogFile), LEASTKEY_PREFIX: prefix };
}

function near(file) {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? path.resolve(file) : relative;
}

/** The output that printed and run walks share. */

import path from 'node:path';
import { styleText } from 'node:util';
import { headersOf } from './request.mjs';

const { stdout } = process;
const coloured = stdout.isTTY && stdout.hasColors();

export const paint = (style, text) => (coloured ? styleText(style, text) : text);

/** A command line as a person would type it. */
export function commandLine(words) {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' ');
}

/** A request as a command line: secrets are shell variables, and so is what the step keeps. */
export function curl({ request, keep }, origin) {
  const { method, path: route, body } = request;
  const usual = body === undefined ? 'GET' : 'POST';
  const words = [
    quoted(`${origin}${route}`),
    ...(method === usual ? [] : [`-X ${method}`]),
    ...Object.entries(headersOf(request, VARIABLES)).map(([name, value]) => `-H "${name}: ${value}"`),
    ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
  ].join(' ');
  if (keep === undefined) return `curl -i -w '\\n' ${words}`;
  const [[variable, member]] = Object.entries(keep);
  const read = `JSON.parse(require("fs").readFileSync(0)).${member}`;
  return `${variable}=$(curl -sS ${words} | node -p '${read}')`;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The credentials of a walk as shell variables. */
const VARIABLES = { TOKEN: '$TOKEN', SESSION: '$SESSION', GROUP: '$GROUP' };

/** The token of a walk. The caller prints its credential, once. */
export function introduce({ walk, record, deployment }) {
  const { templates, kinds } = deployment.catalog;
  const titles = record.templates.map(({ id }) => `"${templates[id].title}"`).join(', ');
  const from = titles === '' ? `with the role "${record.role}"` : `made from ${titles}`;
  return [
    paint('bold', walk.title),
    '',
    `  ${kinds[record.kind].title} of ${record.owner} for one hour, ${from}. It holds`,
    `  ${record.permissions.join(' ')}`,
  ];
}

/** The options of `leastkey` for the deployment of the demo. */
export function environmentOf({ database, catalogFile, prefix }) {
  return { LEASTKEY_DB: near(database), LEASTKEY_CATALOG: near(catalogFile), LEASTKEY_PREFIX: prefix };
}

function near(file) {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? path.resolve(file) : relative;
}

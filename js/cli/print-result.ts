import { UsageError } from './exit-codes.js';
import { print, printJson } from './output.js';
import { join, type Legible, legible, type Said } from './safe-text.js';
import type { Target } from './target.js';

type How = Pick<Target, 'json' | 'fields' | 'quiet'>;

/** Prints an object: as JSON, as the chosen members, as its id, or as a text for people. */
export function printOne(how: How, value: object, text: () => Legible): void {
  const { json = false, fields } = how;
  if (json) printJson(fields === undefined ? value : chosen(value, fields));
  else print(oneAsText(how, value, text));
}

function oneAsText({ fields, quiet = false }: How, value: object, text: () => Legible): Said {
  if (fields !== undefined) return fieldsOf(value, fields);
  const { id } = value as { id?: unknown };
  return quiet && typeof id === 'string' ? id : text();
}

/**
 * Prints objects likewise. With `--fields` a line each, with tabs between its members.
 *
 * @param whole the JSON of all, such as a page with its cursor
 */
export function printMany(how: How, items: readonly object[], whole: object, text: () => Legible): void {
  const { json = false, fields } = how;
  if (json) {
    printJson(fields === undefined ? whole : { ...whole, items: items.map((item) => chosen(item, fields)) });
  } else if (items.length > 0) {
    print(manyAsText(how, items, text));
  }
}

function manyAsText({ fields, quiet = false }: How, items: readonly object[], text: () => Legible): Legible {
  if (fields === undefined) return quiet ? join(items.map(idOf), '\n') : text();
  return join(
    items.map((item) => fieldsOf(item, fields)),
    '\n',
  );
}

function idOf(item: object): string {
  const { id, seq } = item as { id?: unknown; seq?: unknown };
  return String(id ?? seq ?? '');
}

/** The members with these names; `a.b` is a member of a member. */
function chosen(value: object, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((name) => [name, memberOf(value, name)]));
}

function fieldsOf(value: object, fields: readonly string[]): Legible {
  return join(
    fields.map((name) => cell(memberOf(value, name))),
    '\t',
  );
}

/** Instants stay numbers, as in JSON, and lists are separated by commas. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const list = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  return legible(list ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** Members that a record may lack. A name that no object can have is a mistake. */
const OPTIONAL = new Set(
  (
    'subject description tags metadata technicalUser parents role resources heldAt reason statusChangedAt ' +
    'statusChangedBy enabledAt notBefore expiresAt idleAfter conditions limits boundsHeldAt rotation imported ' +
    'lastUsedAt uses permissionUse lastUsedFrom token account title'
  ).split(' '),
);

function memberOf(value: object, path: string): unknown {
  const [name = '', ...below] = path.split('.');
  if (!Object.hasOwn(value, name)) {
    if (OPTIONAL.has(name)) return undefined;
    throw new UsageError(`--fields: there is no "${name}"; there are ${Object.keys(value).join(', ')}`);
  }
  let member: unknown = (value as Record<string, unknown>)[name];
  for (const part of below) member = Object(member)[part];
  return member;
}

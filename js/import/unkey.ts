import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { isObject, listAt, type Members, textAt } from './lenient-reader.js';
import type { ImportOptions } from './scopes.js';

/**
 * Makes a catalog from the permissions and roles of Unkey, as its API lists them. A permission
 * `documents.read` becomes `documents:read`, and each role becomes a role.
 *
 * @param lists `permissions` and `roles`: each the array, or the whole answer with `data`.
 * @throws {LeastkeyError} `invalid_input` when there are no such lists.
 * @example
 * const permissions = await listPermissions();
 * const { catalog, notes } = importUnkey({ permissions, roles: await listRoles() });
 */
export function importUnkey(
  lists: { permissions: unknown; roles?: unknown },
  options: ImportOptions = {},
): Imported {
  refuseUnknownOptions(options, ['service'], 'importUnkey');
  const permissions = isObject(lists) ? itemsOf(lists.permissions) : undefined;
  if (permissions === undefined) {
    throw new LeastkeyError(
      'invalid_input',
      'expected an object with "permissions", and perhaps "roles": arrays',
    );
  }
  const draft = new CatalogDraft(options.service, 'api');
  for (const [at, item] of permissions.entries()) {
    const place = `$.permissions[${at}]`;
    const name = nameOf(item);
    if (name === undefined) draft.note(place, 'is left out: it has no name');
    else if (name.includes('*'))
      draft.note(place, `${JSON.stringify(name)} is left out: a role has it as a pattern`);
    else draft.addPermission(name, 'the permission', sourceOf(name, item), place);
  }
  for (const [at, item] of (itemsOf(lists.roles) ?? []).entries()) {
    const place = `$.roles[${at}]`;
    const name = nameOf(item);
    if (name === undefined || !isObject(item)) {
      draft.note(place, 'is left out: it has no name');
      continue;
    }
    const named = (listAt(item, 'permissions') ?? []).flatMap((permission) => nameOf(permission) ?? []);
    const known = named.flatMap((permission) => patternOf(permission, draft) ?? []);
    for (const permission of named)
      if (patternOf(permission, draft) === undefined)
        draft.note(place, `its permission ${JSON.stringify(permission)} is left out: there is none`);
    draft.addRole(name, textAt(item, 'description') ?? name, known, place);
  }
  return draft.finish((id) => id);
}

function itemsOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isObject(value) ? listAt(value, 'data') : undefined;
}

/** The name of a permission or role: its slug, which keys are verified by, or its name. */
function nameOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  return isObject(item) ? (textAt(item, 'slug') ?? textAt(item, 'name')) : undefined;
}

function sourceOf(name: string, item: unknown): { segments: string[]; title?: string; description?: string } {
  const segments = name.split(/[.:]/);
  const members: Members = isObject(item) ? item : {};
  const [title, description] = [textAt(members, 'name'), textAt(members, 'description')];
  return {
    segments,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
  };
}

/** A permission of a role as a pattern; `undefined` if there is no such permission. */
function patternOf(name: string, draft: CatalogDraft): string | undefined {
  if (!name.includes('*')) return draft.idOf(name);
  return name === '*'
    ? '**'
    : name
        .split(/[.:]/)
        .map((part) => (part === '*' ? '**' : part))
        .join(':');
}

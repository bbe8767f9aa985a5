import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { at, isObject } from './lenient-reader.js';
import type { ImportOptions } from './scopes.js';

/**
 * Makes a catalog from a list of actions as clouds have them: `s3:GetObject` is a permission of the
 * service `s3`. The list is a text with an action in each line, an array, or an object with an
 * array for each service. An action with a `*` is left out.
 *
 * @throws {LeastkeyError} `invalid_input` when it is no such list, or an empty one.
 * @example
 * const { catalog } = importActions({ s3: ['GetObject', 'PutObject'], sqs: ['SendMessage'] });
 */
export function importActions(
  actions: string | readonly string[] | Readonly<Record<string, readonly string[]>>,
  options: ImportOptions = {},
): Imported {
  refuseUnknownOptions(options, ['service'], 'importActions');
  const draft = new CatalogDraft(options.service, 'api');
  for (const { action, path } of listed(actions)) {
    if (action.includes('*')) {
      draft.note(path, `${JSON.stringify(action)} is left out: it stands for several actions`);
      continue;
    }
    const segments = action.split(':');
    draft.addPermission(action, 'the action', { segments, title: wordsOf(segments.at(-1) ?? '') }, path);
  }
  return draft.finish((id) => id);
}

function listed(actions: unknown): { action: string; path: string }[] {
  if (typeof actions === 'string') {
    const lines = actions
      .split(/\r?\n/)
      .map((line, index) => ({ action: line.replace(/#.*/, '').trim(), path: `line ${index + 1}` }));
    return lines.filter(({ action }) => action !== '');
  }
  if (Array.isArray(actions)) return actions.map((action, index) => textAt(action, `$[${index}]`));
  if (!isObject(actions))
    throw new LeastkeyError(
      'invalid_input',
      'expected a text, an array of actions, or an object with arrays',
    );
  return Object.entries(actions).flatMap(([service, list]) => {
    const path = at('$', service);
    if (!Array.isArray(list))
      throw new LeastkeyError('invalid_input', `${path}: expected an array of actions`, { path });
    return list.map((action, index) => {
      const known = textAt(action, `${path}[${index}]`);
      return { ...known, action: `${service}:${known.action}` };
    });
  });
}

function textAt(action: unknown, path: string): { action: string; path: string } {
  if (typeof action === 'string') return { action, path };
  throw new LeastkeyError('invalid_input', `${path}: expected a text such as "s3:GetObject"`, { path });
}

/** `GetBucketACL` as `Get bucket ACL`. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(' ');
  return words
    .map((word, at) => (at === 0 || /^[A-Z0-9]{2,}$/.test(word) ? word : word.toLowerCase()))
    .join(' ');
}

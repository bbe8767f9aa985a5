import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';

/** Options for the names of an import. */
export interface ImportOptions {
  /**
   * The service of all permissions. Default: the first segment of each scope: `messages:send` is a
   * permission of the service `messages`.
   */
  service?: string | undefined;
}

/** A scope with its title. */
export interface ScopeEntry {
  scope: string;
  title?: string | undefined;
}

/** The service of scopes without one. */
const OWN_SERVICE = 'api';

/**
 * Makes a catalog from a list of scopes: texts, or objects with titles; or one text with scopes
 * separated by white space or commas, where a `#` begins the title of the scope before it.
 *
 * @throws {LeastkeyError} `invalid_input` when it is no such list, or an empty one.
 * @example
 * const { catalog, notes } = importScopes(`
 *   read:pets   # Read your pets
 *   write:pets  # Change your pets
 * `);
 */
export function importScopes(
  scopes: string | readonly (string | ScopeEntry)[],
  options: ImportOptions = {},
): Imported {
  refuseUnknownOptions(options, ['service'], 'importScopes');
  const draft = new CatalogDraft(options.service, OWN_SERVICE);
  for (const { scope, title, path } of typeof scopes === 'string' ? scopesIn(scopes) : listed(scopes)) {
    draft.add(scope, title, path);
  }
  return draft.finish((id) => id);
}

interface Found {
  scope: string;
  title: string;
  path: string;
}

function scopesIn(text: string): Found[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const at = line.search(/(?<=^|\s)#/);
    const [before, title] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    const scopes = before.split(/[\s,]+/).filter((scope) => scope !== '');
    return scopes.map((scope, nth) => ({
      scope,
      title: nth === scopes.length - 1 ? title : '',
      path: `line ${index + 1}`,
    }));
  });
}

function listed(scopes: readonly (string | ScopeEntry)[]): Found[] {
  if (!Array.isArray(scopes)) {
    throw new LeastkeyError('invalid_input', 'expected a text, or an array of scopes');
  }
  return scopes.map((item: unknown, index) => {
    const path = `$[${index}]`;
    const { scope, title = '' } =
      typeof item === 'string' ? { scope: item } : ((item ?? {}) as Partial<ScopeEntry>);
    if (typeof scope !== 'string' || typeof title !== 'string') {
      throw new LeastkeyError('invalid_input', `${path}: expected a text, or { scope, title? } of texts`, {
        path,
      });
    }
    return { scope, title, path };
  });
}

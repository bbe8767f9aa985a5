import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { isObject, listAt, type Members, membersAt, textAt } from './lenient-reader.js';
import { addPermission, addRoute, type OperationNaming } from './operations.js';
import { segmentOf } from './scope-segments.js';
import type { ImportOptions } from './scopes.js';

/** The options of {@link importPostman}. */
export interface PostmanOptions extends ImportOptions {
  /**
   * What becomes a permission: each request, or reading, writing and deleting. Default:
   * `operations`.
   */
  permissions?: OperationNaming | undefined;
}

const MAX_DEPTH = 10;

/**
 * Makes a catalog from a Postman collection (2.x). The folders become services and groups, and each
 * request a permission with its route. `:id` and `{{id}}` in a path become `{id}`.
 *
 * @param collection the exported collection as an object.
 * @throws {LeastkeyError} `invalid_input` when it is no collection, or has no requests.
 * @example
 * const { catalog, notes } = importPostman(JSON.parse(await readFile('collection.json', 'utf8')));
 */
export function importPostman(collection: unknown, options: PostmanOptions = {}): Imported {
  refuseUnknownOptions(options, ['service', 'permissions'], 'importPostman');
  // The API of Postman returns the collection within an object.
  const inner = isObject(collection) && isObject(collection.collection) ? collection.collection : collection;
  if (!isObject(inner) || listAt(inner, 'item') === undefined) {
    throw new LeastkeyError('invalid_input', 'expected a Postman collection as an object: it has an "item"');
  }
  const title = textAt(membersAt(inner, 'info'), 'name') ?? 'api';
  const own = segmentOf(title.toLowerCase()) || 'api';
  const draft = new CatalogDraft(options.service, own);
  const titles = new Map<string, string>([[own, title]]);
  addItems(inner, [], '$', draft, { own, naming: options.permissions ?? 'operations', titles });
  return draft.finish((id) => titles.get(id) ?? id);
}

interface Reading {
  own: string;
  naming: OperationNaming;
  /** The titles of the services. */
  titles: Map<string, string>;
}

function addItems(
  level: Members,
  folders: string[],
  place: string,
  draft: CatalogDraft,
  reading: Reading,
): void {
  for (const [at, item] of (listAt(level, 'item') ?? []).entries()) {
    const here = `${place}.item[${at}]`;
    if (!isObject(item)) continue;
    const name = textAt(item, 'name') ?? `item-${at + 1}`;
    if (listAt(item, 'item') !== undefined) {
      if (folders.length === 0) reading.titles.set(segmentOf(name), name);
      if (folders.length < MAX_DEPTH) addItems(item, [...folders, name], here, draft, reading);
      else draft.note(here, 'is left out: its folders are too deep');
      continue;
    }
    const request = item.request;
    const { method, url } = isObject(request) ? request : { method: 'GET', url: request };
    const path = pathOf(url);
    if (path === undefined) {
      draft.note(here, 'is left out: its request has no URL');
      continue;
    }
    const operation = {
      service: folders[0] ?? reading.own,
      id: [...folders.slice(1), name],
      title: name,
      method: typeof method === 'string' ? method : 'GET',
      path,
      place: here,
    };
    addRoute(draft, [addPermission(draft, reading.naming, operation)], operation);
  }
}

/** The path of a URL, in either form of a collection. */
function pathOf(url: unknown): string | undefined {
  const text = typeof url === 'string' ? url : isObject(url) ? textAt(url, 'raw') : undefined;
  const parts = isObject(url) ? listAt(url, 'path') : undefined;
  const path =
    parts?.filter((part) => typeof part === 'string').join('/') ??
    text?.replace(/^(?:[a-z]+:\/\/)?[^/]*\/?/i, '');
  if (path === undefined) return undefined;
  const segments = path.replace(/[?#].*$/, '').split('/');
  return `/${segments
    .map((segment) =>
      segment
        .replace(/^:/, '{')
        .replace(/^(\{[^{}]+)$/, '$1}')
        .replace(/\{\{([^{}]*)\}\}/g, '{$1}'),
    )
    .join('/')}`;
}

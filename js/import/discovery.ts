import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { at, isObject, type Members, membersAt, textAt } from './lenient-reader.js';
import { addPermission, addRoute, type OperationNaming } from './operations.js';
import { basePathOf } from './request-path.js';
import type { ImportOptions } from './scopes.js';

/** The options of {@link importDiscovery}. */
export interface DiscoveryOptions extends ImportOptions {
  /**
   * What becomes a permission: each method, or reading, writing and deleting. Default:
   * `operations`.
   */
  permissions?: OperationNaming | undefined;
}

/**
 * Makes a catalog from a discovery document of Google's APIs. Each method becomes a permission with
 * its route: `compute.instances.get` is `compute:instances:get`. The scopes of such a document are
 * alternatives, each for many methods, and are not imported.
 *
 * @param document the document as an object.
 * @throws {LeastkeyError} `invalid_input` when it is no such document.
 * @example
 * const document = JSON.parse(await readFile('storage-v1.json', 'utf8'));
 * const { catalog, notes } = importDiscovery(document);
 */
export function importDiscovery(document: unknown, options: DiscoveryOptions = {}): Imported {
  refuseUnknownOptions(options, ['service', 'permissions'], 'importDiscovery');
  if (!isObject(document) || document.kind !== 'discovery#restDescription') {
    throw new LeastkeyError(
      'invalid_input',
      'expected a discovery document as an object: its "kind" is "discovery#restDescription"',
    );
  }
  const name = textAt(document, 'name') ?? 'api';
  const title = textAt(document, 'title') ?? name;
  const base = basePathOf({ url: `/${textAt(document, 'servicePath') ?? ''}` }) ?? '';
  const draft = new CatalogDraft(options.service, name);
  for (const { members, place } of methodsOf(document, '$')) {
    const id = (textAt(members, 'id') ?? '').split('.').filter((part) => part !== '');
    const operation = {
      service: id[0] ?? name,
      id: id.slice(1),
      description: textAt(members, 'description')?.split('\n')[0],
      method: textAt(members, 'httpMethod') ?? '',
      path: `${base}/${pathOf(members)}`,
      place,
    };
    const key = addPermission(draft, options.permissions ?? 'operations', operation);
    addRoute(draft, [key], operation);
  }
  return draft.finish((id) => (id === name || id === options.service ? title : id));
}

/** The methods of a document or a resource, and of the resources below it. */
function* methodsOf(level: Members, place: string): Generator<{ members: Members; place: string }> {
  for (const [name, members] of Object.entries(membersAt(level, 'methods')))
    if (isObject(members)) yield { members, place: at(`${place}.methods`, name) };
  for (const [name, below] of Object.entries(membersAt(level, 'resources')))
    if (isObject(below)) yield* methodsOf(below, at(`${place}.resources`, name));
}

/** The path without `{+name}`, as far as the document tells its segments. */
function pathOf(method: Members): string {
  const path = textAt(method, 'flatPath') ?? textAt(method, 'path') ?? '';
  return path.replace(/\{\+([^{}]+)\}/g, (written, name: string) => {
    const pattern = textAt(membersAt(membersAt(method, 'parameters'), name), 'pattern') ?? '';
    const segments = /^\^((?:[a-zA-Z0-9_.-]+|\[\^\/\]\+)(?:\/(?:[a-zA-Z0-9_.-]+|\[\^\/\]\+))*)\$$/.exec(
      pattern,
    );
    if (segments?.[1] === undefined) return written;
    let nth = 0;
    return segments[1].replaceAll('[^/]+', () => {
      nth += 1;
      return `{${name}${nth === 1 ? '' : nth}}`;
    });
  });
}

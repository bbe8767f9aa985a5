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
    for (const path of uploadPathsOf(members)) addRoute(draft, [key], { ...operation, path });
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
  const path = textAt(method, 'path') ?? '';
  const last = /\{\+([^{}]+)\}$/.exec(path)?.[1];
  // `flatPath` has one segment where the pattern of the last parameter has any number.
  const isOpen = last !== undefined && patternOf(method, last).endsWith('.*$');
  return withSegments(method, (isOpen ? undefined : textAt(method, 'flatPath')) ?? path);
}

/** The paths of the requests that send a file along: they start with `/upload/`. */
function uploadPathsOf(method: Members): Set<string> {
  const protocols = Object.values(membersAt(membersAt(method, 'mediaUpload'), 'protocols')).filter(isObject);
  const paths = protocols.map((protocol) => textAt(protocol, 'path')).filter((path) => path !== undefined);
  return new Set(paths.map((path) => withSegments(method, path)));
}

/** Writes each `{+name}` as the segments that the pattern of its parameter has. */
function withSegments(method: Members, path: string): string {
  return path.replace(/\{\+([^{}]+)\}/g, (written, name: string, start: number) => {
    const isLast = start + written.length === path.length;
    const segments = SEGMENTS.exec(patternOf(method, name));
    if (segments?.[1] === undefined || (segments[2] !== undefined && !isLast)) return written;
    let nth = 0;
    const each = segments[1].replaceAll('[^/]+', () => {
      nth += 1;
      return `{${name}${nth === 1 ? '' : nth}}`;
    });
    return segments[2] === undefined ? each : `${each}/{${name}${nth === 0 ? '' : nth + 1}*}`;
  });
}

/** A pattern of segments, each given or any text, and perhaps any number of them at the end. */
const SEGMENTS = /^\^((?:[a-zA-Z0-9_.-]+|\[\^\/\]\+)(?:\/(?:[a-zA-Z0-9_.-]+|\[\^\/\]\+))*)(\/\.\*)?\$$/;

const patternOf = (method: Members, name: string): string =>
  textAt(membersAt(membersAt(method, 'parameters'), name), 'pattern') ?? '';

import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { Servers } from './base-paths.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { at, isObject, type Members, membersAt, References, textAt } from './lenient-reader.js';
import { routePath } from './request-path.js';
import { segmentsOf } from './scope-segments.js';
import type { ImportOptions } from './scopes.js';
import { Securities } from './security-requirements.js';

/** The options of {@link importOpenApi}. */
export interface OpenApiOptions extends ImportOptions {
  /**
   * The prefix of every path: `/v2`, or `''` for none. Default: the path of the first server of the
   * document.
   */
  basePath?: string | undefined;
}

/** The methods of an OpenAPI path item. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const MAX_OWN_SERVICE_LENGTH = 64;

/**
 * Makes a catalog from an OpenAPI 3.x document: its scopes become permissions, and each operation
 * becomes a route with the scope that it requires. A route requires one permission, so an operation
 * that requires several at once gets no route, and is refused until you add one. No route requires
 * less than the document. The notes list everything that was left out or became stricter.
 *
 * @param document the document as an object, as `JSON.parse` makes it.
 * @throws {LeastkeyError} `invalid_input` when it is no such document, or has no scopes.
 * @example
 * const { catalog, notes } = importOpenApi(JSON.parse(await readFile('openapi.json', 'utf8')));
 * for (const { path, message } of notes) console.warn(`${path}: ${message}`);
 */
export function importOpenApi(document: unknown, options: OpenApiOptions = {}): Imported {
  refuseUnknownOptions(options, ['service', 'basePath'], 'importOpenApi');
  const root = readDocument(document);
  const { service, basePath } = options;
  if (basePath !== undefined && !/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw new LeastkeyError('invalid_input', 'basePath: expected a path such as "/v2", or ""', {
      path: 'basePath',
    });
  }
  const title = textAt(membersAt(root, 'info'), 'title') ?? 'api';
  const ownService = segmentsOf(title.toLowerCase()).join('-').slice(0, MAX_OWN_SERVICE_LENGTH) || 'api';
  const draft = new CatalogDraft(service, ownService);
  const references = new References(root);
  addScopes(root, references, draft);
  addRoutes(root, references, draft, basePath);
  return draft.finish((id) => (id === (service ?? ownService) ? title : id));
}

function readDocument(document: unknown): Members {
  const version = isObject(document) ? textAt(document, 'openapi') : undefined;
  if (isObject(document) && version?.startsWith('3.')) return document;
  const found =
    isObject(document) && document.swagger !== undefined
      ? 'this is Swagger 2.0, which converters make OpenAPI 3 of'
      : `its "openapi" is ${JSON.stringify(version ?? null)}`;
  throw new LeastkeyError('invalid_input', `expected an OpenAPI 3.x document as an object; ${found}`);
}

/**
 * The scopes that security schemes declare. OpenID Connect and HTTP schemes declare them on
 * operations only.
 */
function addScopes(root: Members, references: References, draft: CatalogDraft): void {
  const schemes = membersAt(membersAt(root, 'components'), 'securitySchemes');
  for (const [name, value] of Object.entries(schemes)) {
    const path = at('$.components.securitySchemes', name);
    const scheme = references.resolve(value);
    if (scheme === undefined) draft.note(path, 'is left out: its $ref leads out of the document, or nowhere');
    for (const [flowName, flow] of Object.entries(membersAt(scheme, 'flows'))) {
      for (const [scope, title] of Object.entries(membersAt(flow, 'scopes'))) {
        draft.add(
          scope,
          typeof title === 'string' ? title : '',
          at(`${path}.flows.${flowName}.scopes`, scope),
        );
      }
    }
  }
}

function addRoutes(
  root: Members,
  references: References,
  draft: CatalogDraft,
  basePath: string | undefined,
): void {
  const securities = new Securities(root);
  const servers = new Servers(root);
  for (const [path, value] of Object.entries(membersAt(root, 'paths'))) {
    const place = at('$.paths', path);
    const item = references.resolve(value);
    if (item === undefined) {
      draft.note(place, 'has no routes: its $ref leads out of the document, or nowhere');
      continue;
    }
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const operationPlace = `${place}.${method}`;
      const scope = routeScope(securities, operation, draft, operationPlace);
      if (scope === undefined) continue;
      const base = basePath ?? baseOf(servers, item, operation, draft, operationPlace);
      if (base !== undefined) addRoute(draft, scope, method, `${base}${path}`, operationPlace);
    }
  }
}

/** The single scope that a route can require without requiring less than the document. */
function routeScope(
  securities: Securities,
  operation: Members,
  draft: CatalogDraft,
  place: string,
): string | undefined {
  const { isNew, scopes, chosen, asked, besides, others } = securities.of(operation);
  if (isNew) for (const scope of scopes) draft.add(scope, '', place);
  if (chosen === undefined) {
    draft.note(place, `has no route: it asks for ${asked}`);
    return undefined;
  }
  if (besides !== undefined) {
    draft.note(place, `the route asks for ${chosen}; the document also asks for ${besides}`);
  }
  if (others !== undefined) {
    draft.note(place, `the route asks for ${chosen}; the document would also take ${others}`);
  }
  return chosen;
}

/** The base path of an operation; `undefined` if no route can begin with it. */
function baseOf(
  servers: Servers,
  item: Members,
  operation: Members,
  draft: CatalogDraft,
  place: string,
): string | undefined {
  const { base, others } = servers.of(operation, item);
  if (base === undefined) draft.note(place, 'has no route: the URL of its server is too long');
  else if (others !== undefined) {
    draft.note(
      place,
      `the route begins with ${base || '/'}; servers of the document also have it at ${others}`,
    );
  }
  return base;
}

function addRoute(draft: CatalogDraft, scope: string, method: string, path: string, place: string): void {
  const translated = routePath(path);
  if (method === 'trace') {
    draft.note(place, 'has no route: there are none for TRACE');
  } else if ('problem' in translated) {
    draft.note(place, `${path} has no route: ${translated.problem}`);
  } else {
    draft.route(scope, `${method.toUpperCase()} ${translated.path}`, place);
  }
}

import { LeastkeyError } from '../errors.js';
import { refuseUnknownOptions } from '../options.js';
import { at, isObject, listAt, type Members, membersAt, resolveReference, textAt } from './document.js';
import { Draft, type Imported } from './draft.js';
import { basePathOf, routePath } from './request-path.js';
import type { ImportOptions } from './scopes.js';
import { segmentsOf } from './segments.js';

/** What {@link importOpenApi} can be told. */
export interface OpenApiOptions extends ImportOptions {
  /**
   * What stands before every path in a request: `/v2`, or `''` for nothing. Default: the path of the server that the
   * document names first.
   */
  basePath?: string | undefined;
}

/** The methods of an OpenAPI path item. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const LONGEST_OWN_SERVICE = 64;

/**
 * A catalog from an OpenAPI 3.x document: its scopes become permissions, and each operation a route on the scope that
 * it asks for. A route asks for one permission, so an operation that asks for several at once gets none and is refused
 * until you give it one. No route asks for less than the document. Everything that is left out or
 * made stricter stands in the notes.
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
  const ownService = segmentsOf(title.toLowerCase()).join('-').slice(0, LONGEST_OWN_SERVICE) || 'api';
  const draft = new Draft(service, ownService);
  addScopes(root, draft);
  addRoutes(root, draft, basePath);
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

/** The scopes that the security schemes declare. Those of OpenID Connect and HTTP schemes stand on operations alone. */
function addScopes(root: Members, draft: Draft): void {
  const schemes = membersAt(membersAt(root, 'components'), 'securitySchemes');
  for (const [name, value] of Object.entries(schemes)) {
    const path = at('$.components.securitySchemes', name);
    const scheme = resolveReference(root, value);
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

function addRoutes(root: Members, draft: Draft, basePath: string | undefined): void {
  for (const [path, value] of Object.entries(membersAt(root, 'paths'))) {
    const place = at('$.paths', path);
    const item = resolveReference(root, value);
    if (item === undefined) {
      draft.note(place, 'has no routes: its $ref leads out of the document, or nowhere');
      continue;
    }
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const operationPlace = `${place}.${method}`;
      const scope = scopeOf(root, operation, draft, operationPlace);
      if (scope === undefined) continue;
      const base = basePath ?? basePathOf(serverOf(root, item, operation, draft, operationPlace));
      addRoute(draft, scope, method, `${base}${path}`, operationPlace);
    }
  }
}

/** One of the ways in which a document lets an operation be called: all of these scopes, with all of these schemes. */
interface Alternative {
  scopes: string[];
  /** Schemes that are asked for without a scope, such as an API key. */
  schemes: string[];
}

/** The one scope that an operation's route can ask for, so that it never asks for fewer than the document. */
function scopeOf(root: Members, operation: Members, draft: Draft, place: string): string | undefined {
  const security = listAt(operation, 'security') ?? listAt(root, 'security') ?? [];
  const alternatives = security.map(alternativeOf);
  for (const scope of alternatives.flatMap(({ scopes }) => scopes)) draft.add(scope, '', place);
  const chosen = alternatives.find(({ scopes }) => scopes.length === 1);
  const [scope] = chosen?.scopes ?? [];
  if (chosen === undefined || scope === undefined) {
    const asked = alternatives.some(({ scopes }) => scopes.length > 1)
      ? `${alternatives.map(inWords).join(', or ')}, and a route names one permission`
      : 'no scope';
    draft.note(place, `has no route: it asks for ${asked}`);
    return undefined;
  }
  if (chosen.schemes.length > 0) {
    draft.note(
      place,
      `the route asks for ${scope}; the document also asks for ${chosen.schemes.join(' and ')}`,
    );
  }
  const others = alternatives.filter(({ scopes }) => scopes.join() !== scope).map(inWords);
  if (others.length > 0) {
    draft.note(place, `the route asks for ${scope}; the document would also take ${others.join(', or ')}`);
  }
  return scope;
}

function alternativeOf(requirement: unknown): Alternative {
  const schemes = Object.entries(isObject(requirement) ? requirement : {});
  return {
    scopes: [...new Set(schemes.flatMap(([, scopes]) => textsOf(scopes)))],
    schemes: schemes.filter(([, scopes]) => textsOf(scopes).length === 0).map(([name]) => name),
  };
}

function inWords({ scopes, schemes }: Alternative): string {
  return [...scopes, ...schemes].join(' and ') || 'a request without credentials';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function serverOf(root: Members, item: Members, operation: Members, draft: Draft, place: string) {
  const servers = [operation, item, root]
    .map((level) => listAt(level, 'servers'))
    .find((list) => list?.length);
  const bases = new Set((servers ?? []).filter(isObject).map(basePathOf));
  if (bases.size > 1) {
    const [first, ...others] = [...bases].map((base) => base || '/');
    draft.note(
      place,
      `the route begins with ${first}; servers of the document also have it at ${others.join(', ')}`,
    );
  }
  return servers?.find(isObject);
}

function addRoute(draft: Draft, scope: string, method: string, path: string, place: string): void {
  const translated = routePath(path);
  if (method === 'trace') {
    draft.note(place, 'has no route: there are none for TRACE');
  } else if ('problem' in translated) {
    draft.note(place, `${path} has no route: ${translated.problem}`);
  } else {
    draft.route(scope, `${method.toUpperCase()} ${translated.path}`, place);
  }
}

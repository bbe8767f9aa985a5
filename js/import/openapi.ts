import { LeastkeyError } from '../api/errors.js';
import { refuseUnknownOptions } from '../input/options.js';
import { Servers } from './base-paths.js';
import { CatalogDraft, type Imported } from './catalog-draft.js';
import { at, isObject, listAt, type Members, membersAt, References, textAt } from './lenient-reader.js';
import { addPermission, addRoute, type Operation, type OperationNaming } from './operations.js';
import { segmentOf, segmentsOf } from './scope-segments.js';
import type { ImportOptions } from './scopes.js';
import { Securities } from './security-requirements.js';

/** The options of {@link importOpenApi}. */
export interface OpenApiOptions extends ImportOptions {
  /**
   * The prefix of every path: `/v2`, or `''` for none. Default: the path of the first server of the
   * document.
   */
  basePath?: string | undefined;
  /**
   * What becomes a permission. `scopes`: each scope of OAuth. `operations`: each operation, of the
   * service that its first tag names. `methods`: reading, writing and deleting, of each tag.
   * Default: `scopes` if the document has any, otherwise `operations`.
   */
  permissions?: 'scopes' | OperationNaming | undefined;
  /** The names of parameters at the end of a path that take slashes. */
  tails?: readonly string[] | undefined;
}

/** The methods of an OpenAPI path item. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const NAMINGS: readonly unknown[] = [undefined, 'scopes', 'operations', 'methods'];

const MAX_OWN_SERVICE_LENGTH = 64;

/**
 * Makes a catalog from an OpenAPI 3.x document. Its scopes become permissions, and each operation
 * becomes a route that requires its scopes, all of them at once. Without scopes, each operation
 * becomes a permission. No route requires less than the document. The notes list everything that
 * was left out or became stricter.
 *
 * @param document the document as an object, as `JSON.parse` makes it.
 * @throws {LeastkeyError} `invalid_input` when it is no such document, or has no operations.
 * @example
 * const { catalog, notes } = importOpenApi(JSON.parse(await readFile('openapi.json', 'utf8')));
 * for (const { path, message } of notes) console.warn(`${path}: ${message}`);
 */
export function importOpenApi(document: unknown, options: OpenApiOptions = {}): Imported {
  refuseUnknownOptions(options, ['service', 'basePath', 'permissions', 'tails'], 'importOpenApi');
  const root = readDocument(document);
  const { service, basePath, permissions, tails = [] } = options;
  if (basePath !== undefined && !/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw new LeastkeyError('invalid_input', 'basePath: expected a path such as "/v2", or ""', {
      path: 'basePath',
    });
  }
  if (!NAMINGS.includes(permissions)) {
    throw new LeastkeyError('invalid_input', 'permissions: expected "scopes", "operations" or "methods"', {
      path: 'permissions',
    });
  }
  const title = textAt(membersAt(root, 'info'), 'title') ?? 'api';
  const ownService = segmentsOf(title.toLowerCase()).join('-').slice(0, MAX_OWN_SERVICE_LENGTH) || 'api';
  const read: ReadDocument = { root, references: new References(root), basePath, tails, ownService };
  if (permissions === undefined || permissions === 'scopes') {
    const draft = new CatalogDraft(service, ownService);
    addScopes(read, draft);
    addScopedRoutes(read, draft);
    if (permissions === 'scopes' || draft.hasPermissions)
      return draft.finish((id) => (id === (service ?? ownService) ? title : id));
  }
  return importOperations(read, permissions === 'methods' ? permissions : 'operations', service, title);
}

interface ReadDocument {
  root: Members;
  references: References;
  basePath: string | undefined;
  tails: readonly string[];
  ownService: string;
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
function addScopes({ root, references }: ReadDocument, draft: CatalogDraft): void {
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

function addScopedRoutes(read: ReadDocument, draft: CatalogDraft): void {
  const securities = new Securities(read.root);
  for (const { members, ...operation } of operationsOf(read, draft)) {
    const scopes = routeScopes(securities, members, draft, operation.place);
    if (scopes.length > 0) addRoute(draft, scopes, operation);
  }
}

function importOperations(
  read: ReadDocument,
  naming: OperationNaming,
  service: string | undefined,
  title: string,
): Imported {
  const draft = new CatalogDraft(service, read.ownService);
  for (const { members: _, ...operation } of operationsOf(read, draft))
    addRoute(draft, [addPermission(draft, naming, operation)], operation);
  const tags = new Map(
    (listAt(read.root, 'tags') ?? [])
      .filter(isObject)
      .map((tag) => [segmentOf(textAt(tag, 'name') ?? ''), tag]),
  );
  return draft.finish((id) =>
    id === service || id === read.ownService ? title : (textAt(tags.get(id) ?? {}, 'name') ?? id),
  );
}

/** The operations of a document whose paths can be known. Notes those that cannot. */
function* operationsOf(
  { root, references, basePath, tails, ownService }: ReadDocument,
  draft: CatalogDraft,
): Generator<Operation & { members: Members }> {
  const servers = new Servers(root);
  for (const [path, value] of Object.entries(membersAt(root, 'paths'))) {
    const place = at('$.paths', path);
    const item = references.resolve(value);
    if (item === undefined) {
      draft.note(place, 'has no routes: its $ref leads out of the document, or nowhere');
      continue;
    }
    for (const method of METHODS) {
      const members = item[method];
      if (!isObject(members)) continue;
      const operationPlace = `${place}.${method}`;
      const base = basePath ?? baseOf(servers, item, members, draft, operationPlace);
      const [tag] = (listAt(members, 'tags') ?? []).filter((tag) => typeof tag === 'string');
      const id = textAt(members, 'operationId');
      yield {
        members,
        service: tag ?? ownService,
        id: id === undefined ? undefined : id.split('/').slice(-1),
        title: textAt(members, 'summary'),
        description: textAt(members, 'description')?.split('\n')[0],
        method,
        path: base === undefined ? undefined : `${base}${path}`,
        tails: new Set([...tails, ...tailsOf(references, item, members)]),
        place: operationPlace,
      };
    }
  }
}

/** The parameters that take slashes, as far as the document says so. */
function tailsOf(references: References, item: Members, operation: Members): string[] {
  const parameters = [item, operation].flatMap((level) => listAt(level, 'parameters') ?? []);
  return parameters.flatMap((value) => {
    const parameter = references.resolve(value);
    if (parameter === undefined || parameter.in !== 'path') return [];
    const pattern = textAt(membersAt(parameter, 'schema'), 'pattern') ?? '';
    const takesSlashes =
      parameter['x-multi-segment'] === true ||
      parameter.allowReserved === true ||
      /^\^?\(?\.[*+]\)?\$?$/.test(pattern);
    return takesSlashes ? [textAt(parameter, 'name') ?? ''] : [];
  });
}

/** The scopes that a route requires, so that it requires no less than the document. */
function routeScopes(
  securities: Securities,
  operation: Members,
  draft: CatalogDraft,
  place: string,
): readonly string[] {
  const { isNew, scopes, chosen, besides, others } = securities.of(operation);
  if (isNew) for (const scope of scopes) draft.add(scope, '', place);
  const asked = chosen.join(' and ');
  if (chosen.length === 0) draft.note(place, 'has no route: it asks for no scope');
  else if (besides !== undefined)
    draft.note(place, `the route asks for ${asked}; the document also asks for ${besides}`);
  if (chosen.length > 0 && others !== undefined)
    draft.note(place, `the route asks for ${asked}; the document would also take ${others}`);
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

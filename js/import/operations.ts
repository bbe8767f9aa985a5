import type { CatalogDraft } from './catalog-draft.js';
import { routePath } from './request-path.js';

/** How the permissions of operations are named, where a document has no scopes for them. */
export type OperationNaming = 'operations' | 'methods';

/** An operation of another document. */
export interface Operation {
  /** The service, such as a tag. */
  service: string;
  /** Its own id, as segments; absent: it is made of the method and the path. */
  id?: readonly string[] | undefined;
  title?: string | undefined;
  description?: string | undefined;
  method: string;
  /** Absent: no route can be made, and why is noted. */
  path: string | undefined;
  /** The parameters that take slashes. */
  tails?: ReadonlySet<string>;
  /** Where it is in the document. */
  place: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const CLASSES: Record<string, { id: string; title: string }> = {
  GET: { id: 'read', title: 'Read' },
  HEAD: { id: 'read', title: 'Read' },
  OPTIONS: { id: 'read', title: 'Read' },
  DELETE: { id: 'delete', title: 'Delete' },
};

const WRITE = { id: 'write', title: 'Create and change' };

/** Adds the route of an operation to permissions by their keys. Notes why there is none. */
export function addRoute(draft: CatalogDraft, keys: readonly string[], operation: Operation): void {
  const { path, place, tails } = operation;
  if (path === undefined) return;
  const method = operation.method.toUpperCase();
  const translated = routePath(path, tails);
  if (!METHODS.includes(method)) {
    draft.note(place, `has no route: there are none for ${method}`);
  } else if ('problem' in translated) {
    draft.note(place, `${path} has no route: ${translated.problem}`);
  } else {
    if (translated.note !== undefined) draft.note(place, `${path}: ${translated.note}`);
    draft.route(keys, `${method} ${translated.path}`, place);
  }
}

/** Adds the permission of an operation, by its own id or by the class of its method. */
export function addPermission(draft: CatalogDraft, naming: OperationNaming, operation: Operation): string {
  const { service, id, place } = operation;
  const method = operation.method.toUpperCase();
  if (naming === 'methods') {
    const of = CLASSES[method] ?? WRITE;
    const key = `${service} ${of.id}`;
    draft.addPermission(key, 'the permission', { segments: [service, of.id], title: of.title }, place);
    return key;
  }
  const written = `${method} ${operation.path ?? place}`;
  const key = id === undefined ? written : [service, ...id].join(' ');
  const segments = [service, ...(id ?? [written.toLowerCase()])];
  draft.addPermission(key, 'the operation', { ...operation, segments }, place);
  return key;
}

import type { Catalog, PermissionNode, Role, Service } from '../api/catalog.js';
import type { Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import { segmentOf, segmentsOf } from './scope-segments.js';

/** A catalog from another format, and what could not be imported. */
export interface Imported {
  /** A valid catalog without templates: you decide which permissions belong together. */
  catalog: Catalog;
  /** What was lost or became stricter, with its place in the source. */
  notes: Problem[];
}

const MAX_SEGMENTS = 12;

const SEGMENT = /^[A-Za-z0-9._-]{1,128}$/;

/** Longer than any permission id. */
const MAX_SCOPE_LENGTH = 2_048;

/** A permission of the draft. */
interface PermissionEntry {
  title: string;
  description?: string;
  routes: Set<string>;
}

/** A node of the draft: a permission, a group, or both. */
interface Node {
  entry?: PermissionEntry;
  children: Map<string, Node>;
}

/** What a source says of a permission. */
export interface PermissionSource {
  /** The wanted id. What cannot be in an id is replaced. */
  segments: readonly string[];
  title?: string | undefined;
  description?: string | undefined;
}

/** A draft of a catalog: scopes or operations become permissions, requests become routes. */
export class CatalogDraft {
  readonly notes: Problem[] = [];
  readonly #service: string | undefined;
  readonly #ownService: string;
  readonly #entries = new Map<string, PermissionEntry>();
  /** By the key in the source; `undefined` for one that cannot be a permission. */
  readonly #ids = new Map<string, string | undefined>();
  /** The number of the next key with the same permission id. */
  readonly #next = new Map<string, number>();
  readonly #roles = new Map<string, Role>();

  /**
   * @param service the service of every permission
   * @param ownService otherwise: the service of ids with one segment
   */
  constructor(service: string | undefined, ownService: string) {
    if (service !== undefined && !SEGMENT.test(service)) {
      throw new LeastkeyError('invalid_input', 'service: expected 1 to 128 letters, digits and . _ -', {
        path: 'service',
      });
    }
    this.#service = service;
    this.#ownService = ownService;
  }

  get hasPermissions(): boolean {
    return this.#entries.size > 0;
  }

  note(path: string, message: string): void {
    this.notes.push({ path, message });
  }

  /** Adds a permission for a scope, once. */
  add(scope: string, title: string, path: string): void {
    const segments = scope.length > MAX_SCOPE_LENGTH ? [] : segmentsOf(scope);
    const id = this.#add(scope, `the scope ${quote(scope)}`, segments, path);
    if (id === undefined) return;
    const entry: PermissionEntry = { title: title.trim() || scope, routes: new Set() };
    if (id !== scope) entry.description = `The scope ${scope}.`;
    this.#entries.set(id, entry);
  }

  /** Adds a permission, once for a key. `what` it is in the source, for notes. */
  addPermission(key: string, what: string, source: PermissionSource, path: string): void {
    const segments = source.segments.map(segmentOf).filter((segment) => segment !== '');
    const id = this.#add(key, `${what} ${quote(key)}`, segments, path);
    if (id === undefined) return;
    const title = source.title?.trim() || key;
    const description = source.description?.trim();
    this.#entries.set(id, { title, ...(description && { description }), routes: new Set() });
  }

  /** Adds a role with permissions by their keys, or with patterns. */
  addRole(name: string, title: string, permissions: readonly string[], path: string): void {
    const id = segmentOf(name);
    if (!SEGMENT.test(id) || id === 'admin' || this.#roles.has(id)) {
      const why = id === 'admin' ? 'the role admin is built in' : 'its name makes no id of its own';
      this.note(path, `the role ${quote(name)} is left out: ${why}`);
      return;
    }
    this.#roles.set(id, { title: title.trim() || name, permissions: [...permissions] });
  }

  /** The id of the permission of a key, if it is one. */
  idOf(key: string): string | undefined {
    return this.#ids.get(key);
  }

  /** Adds the route of a request to the permission of each key: it needs all of them. */
  route(keys: readonly string[], route: string, path: string): void {
    const ids = keys.map((key) => this.#ids.get(key));
    const missing = keys[ids.indexOf(undefined)];
    if (missing !== undefined) {
      this.note(path, `${route} has no route: its scope ${quote(missing)} is no permission`);
      return;
    }
    for (const id of ids) this.#entries.get(id as string)?.routes.add(route);
  }

  /** The catalog, and the notes. */
  finish(serviceTitle: (id: string) => string): Imported {
    if (this.#entries.size === 0) {
      throw new LeastkeyError('invalid_input', 'there is nothing to make a permission of');
    }
    const services: Record<string, Service> = Object.fromEntries(
      [...this.#tree().children].map(([id, node]) => [
        id,
        { title: serviceTitle(id), permissions: nodesOf(node) },
      ]),
    );
    const roles = this.#roles.size > 0 ? { roles: Object.fromEntries(this.#roles) } : {};
    return { catalog: { services, ...roles }, notes: this.notes };
  }

  /**
   * A new id for a key of the source; `undefined` if it has one or can have none. Two keys never
   * share one permission, which would grant too much.
   */
  #add(key: string, what: string, segments: string[], path: string): string | undefined {
    if (this.#ids.has(key)) return undefined;
    const id = this.#idFor(what, segments, path);
    this.#ids.set(key, id);
    return id;
  }

  #idFor(what: string, segments: string[], path: string): string | undefined {
    if (this.#service !== undefined) segments.unshift(this.#service);
    else if (segments.length === 1) segments.unshift(this.#ownService);
    const id = segments.join(':');
    const sound = segments.every((segment) => SEGMENT.test(segment));
    if (segments.length < 2 || segments.length > MAX_SEGMENTS || !sound) {
      this.note(path, `${what} is left out: it makes no permission id`);
      return undefined;
    }
    if (!this.#entries.has(id)) return id;
    let another = this.#next.get(id) ?? 2;
    while (this.#entries.has(`${id}-${another}`)) another += 1;
    this.#next.set(id, another + 1);
    this.note(path, `${what} is ${id}-${another}, because another is ${id} already`);
    return `${id}-${another}`;
  }

  #tree(): Node {
    const root: Node = { children: new Map() };
    for (const [id, entry] of this.#entries) {
      let node = root;
      for (const segment of id.split(':')) {
        const below = node.children.get(segment) ?? { children: new Map() };
        node.children.set(segment, below);
        node = below;
      }
      node.entry = entry;
    }
    return root;
  }
}

function nodesOf(node: Node): Record<string, PermissionNode | string> {
  return Object.fromEntries([...node.children].map(([segment, child]) => [segment, nodeOf(segment, child)]));
}

function nodeOf(segment: string, node: Node): PermissionNode | string {
  const { entry, children } = node;
  if (entry === undefined) return { title: segment, permissions: nodesOf(node) };
  const { title, description, routes } = entry;
  if (description === undefined && routes.size === 0 && children.size === 0) return title;
  return {
    title,
    ...(description !== undefined && { description }),
    ...(routes.size > 0 && { routes: [...routes] }),
    ...(children.size > 0 && { grantable: true, permissions: nodesOf(node) }),
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

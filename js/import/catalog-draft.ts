import type { Catalog, PermissionNode, Service } from '../api/catalog.js';
import type { Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import { RouteIndex } from './route-index.js';
import { segmentsOf } from './scope-segments.js';

/** A catalog from another format, and what could not be imported. */
export interface Imported {
  /** A valid catalog without templates: you decide which permissions belong together. */
  catalog: Catalog;
  /** What was lost or became stricter, with its place in the source. */
  notes: Problem[];
}

const MAX_SEGMENTS = 8;

const SEGMENT = /^[A-Za-z0-9._-]{1,64}$/;

const MAX_ROUTES = 1_000;

/** Longer than any permission id. */
const MAX_SCOPE_LENGTH = 2_048;

/** A permission of the draft. */
interface PermissionEntry {
  title: string;
  description?: string;
  routes: string[];
}

/** A node of the draft: a permission, a group, or both. */
interface Node {
  entry?: PermissionEntry;
  children: Map<string, Node>;
}

/** A draft of a catalog: scopes become permissions, requests become routes. */
export class CatalogDraft {
  readonly notes: Problem[] = [];
  readonly #service: string | undefined;
  readonly #ownService: string;
  readonly #entries = new Map<string, PermissionEntry>();
  /** By scope; `undefined` for one that cannot be a permission. */
  readonly #ids = new Map<string, string | undefined>();
  /** The number of the next scope with the same permission id. */
  readonly #next = new Map<string, number>();
  readonly #routes = new RouteIndex();

  /**
   * @param service the service of every permission
   * @param ownService otherwise: the service of scopes with one segment
   */
  constructor(service: string | undefined, ownService: string) {
    if (service !== undefined && !SEGMENT.test(service)) {
      throw new LeastkeyError('invalid_input', 'service: expected 1 to 64 letters, digits and . _ -', {
        path: 'service',
      });
    }
    this.#service = service;
    this.#ownService = ownService;
  }

  note(path: string, message: string): void {
    this.notes.push({ path, message });
  }

  /**
   * Adds a permission for a scope, once. Two scopes never share one permission, which would grant
   * too much.
   */
  add(scope: string, title: string, path: string): void {
    if (this.#ids.has(scope)) return;
    const id = this.#idFor(scope, path);
    this.#ids.set(scope, id);
    if (id === undefined) return;
    const entry: PermissionEntry = { title: title.trim() || scope, routes: [] };
    if (id !== scope) entry.description = `The scope ${scope}.`;
    this.#entries.set(id, entry);
  }

  /** Adds the route of a request to the permission of a scope. */
  route(scope: string, route: string, path: string): void {
    const id = this.#ids.get(scope);
    const routes = id === undefined ? undefined : this.#entries.get(id)?.routes;
    if (routes === undefined) {
      this.note(path, `${route} has no route: its scope ${quote(scope)} is no permission`);
      return;
    }
    const before = this.#routes.clashing(route);
    if (before !== undefined) {
      this.note(path, `${route} has no route: a request could match ${before} as well`);
    } else if (routes.length === MAX_ROUTES) {
      this.note(path, `${route} has no route: ${id} has ${MAX_ROUTES} already, the most of one permission`);
    } else if (this.#routes.isFull(route)) {
      this.note(
        path,
        `${route} has no route: too many paths of as many segments have their parameters in other places`,
      );
    } else {
      this.#routes.add(route);
      routes.push(route);
    }
  }

  /** The catalog, and the notes. */
  finish(serviceTitle: (id: string) => string): Imported {
    if (this.#entries.size === 0) {
      throw new LeastkeyError('invalid_input', 'there is no scope to make a permission of');
    }
    const services: Record<string, Service> = Object.fromEntries(
      [...this.#tree().children].map(([id, node]) => [
        id,
        { title: serviceTitle(id), permissions: nodesOf(node) },
      ]),
    );
    return { catalog: { services }, notes: this.notes };
  }

  #idFor(scope: string, path: string): string | undefined {
    const segments = scope.length > MAX_SCOPE_LENGTH ? [] : segmentsOf(scope);
    if (this.#service !== undefined) segments.unshift(this.#service);
    else if (segments.length === 1) segments.unshift(this.#ownService);
    const id = segments.join(':');
    const sound = segments.every((segment) => SEGMENT.test(segment));
    if (segments.length < 2 || segments.length > MAX_SEGMENTS || !sound) {
      this.note(path, `the scope ${quote(scope)} is left out: it makes no permission id`);
      return undefined;
    }
    if (!this.#entries.has(id)) return id;
    let another = this.#next.get(id) ?? 2;
    while (this.#entries.has(`${id}-${another}`)) another += 1;
    this.#next.set(id, another + 1);
    this.note(path, `the scope ${quote(scope)} is ${id}-${another}, because another scope is ${id} already`);
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
  if (description === undefined && routes.length === 0 && children.size === 0) return title;
  return {
    title,
    ...(description !== undefined && { description }),
    ...(routes.length > 0 && { routes }),
    ...(children.size > 0 && { grantable: true, permissions: nodesOf(node) }),
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

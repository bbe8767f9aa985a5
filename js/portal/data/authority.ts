import type { Tokens } from '../../tokens.js';
import type { Actor, HostActor } from '../../types.js';
import type { KindRules } from './kinds.js';

/** Whether a resource is another one or stands above it. Segments are compared, never characters. */
export const covers = (above: string, resource: string) =>
  above === '' || above === resource || resource.startsWith(`${above}/`);

/**
 * What an actor may do, as far as the page can know: what it may not is not offered. The server decides by itself, from what it
 * authenticated.
 */
export class Authority {
  /** Absent: the actor is a token, of which only the server knows more. */
  readonly #host: HostActor | undefined;

  constructor(actor: Actor) {
    this.#host = 'id' in actor ? actor : undefined;
  }

  /** Whose tokens it manages: its own, and those of what it is an admin of. */
  owners(): string[] {
    const admin = this.#roles().flatMap(([resource, role]) =>
      role === 'admin' && resource !== '' ? [resource] : [],
    );
    const own = this.#host !== undefined && isResource(this.#host.id) ? [this.#host.id] : [];
    return [...new Set([...admin, ...own])];
  }

  isAdminOf(resource: string): boolean {
    return (
      this.#host === undefined ||
      this.#roles().some(([place, role]) => role === 'admin' && covers(place, resource))
    );
  }

  /** Whether the owner is the actor itself. */
  is(owner: string): boolean {
    return this.#host?.id === owner;
  }

  /** Whether it manages the tokens of an owner that are of a kind. */
  manages(owner: string, kind: KindRules): boolean {
    return this.isAdminOf(owner) || (kind.manage === 'owner' && this.is(owner));
  }

  /** The permissions that it can give on a resource; absent: no bound that the page knows. */
  ceiling(resource: string, tokens: Tokens): ReadonlySet<string> | undefined {
    if (this.isAdminOf(resource)) return undefined;
    const roles = this.#roles().filter(([place]) => covers(place, resource));
    const given = roles.flatMap(([, role]) => permissionsOf(role, tokens));
    return new Set([...given, ...(this.#host?.permissions ?? [])]);
  }

  #roles(): [string, string][] {
    return Object.entries(this.#host?.roles ?? {});
  }
}

/** `user:7`, `org:acme/group:eng`. */
const isResource = (id: string) => /^[A-Za-z0-9._-]+:[^/\s]+(?:\/[A-Za-z0-9._-]+:[^/\s]+)*$/.test(id);

function permissionsOf(role: string, tokens: Tokens): string[] {
  try {
    return tokens.resolve({ role }, { tree: false }).permissions;
  } catch {
    // The host has a role that the catalog does not know: it gives nothing.
    return [];
  }
}

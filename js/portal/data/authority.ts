import type { Actor, HostActor } from '../../api/token.js';

/** Whether a resource equals another or is above it. Compares segments, not characters. */
export const covers = (above: string, resource: string) =>
  above === '' || above === resource || resource.startsWith(`${above}/`);

/**
 * The actor, as far as a screen needs it. Its rights at an owner are in the description of the
 * deployment.
 */
export class Authority {
  /** Absent: the actor is a token, whose permissions only the server knows. */
  readonly #host: HostActor | undefined;

  constructor(actor: Actor) {
    this.#host = 'id' in actor ? actor : undefined;
  }

  /** The owners whose tokens it manages: itself, and those that it is an admin of. */
  owners(): string[] {
    const admin = this.#roles().flatMap(([resource, role]) =>
      role === 'admin' && resource !== '' ? [resource] : [],
    );
    const own = this.#host !== undefined && isResource(this.#host.id) ? [this.#host.id] : [];
    return [...new Set([...admin, ...own])];
  }

  isAdminOf(resource: string): boolean {
    const admin = this.#roles().some(([place, role]) => role === 'admin' && covers(place, resource));
    return this.#host === undefined || admin;
  }

  /** Whether the owner is the actor itself. */
  is(owner: string): boolean {
    return this.#host?.id === owner;
  }

  #roles(): [string, string][] {
    return Object.entries(this.#host?.roles ?? {});
  }
}

/** `user:7`, `org:acme/group:eng`. */
const isResource = (id: string) => /^[A-Za-z0-9._-]+:[^/\s]+(?:\/[A-Za-z0-9._-]+:[^/\s]+)*$/.test(id);

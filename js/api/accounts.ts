import type { CallOptions } from './call.js';
import type { Actor } from './token.js';

/** What an owner may be given at most. At least one role or permission, or it can give nothing. */
export interface AccountInput {
  /** The owner: a resource such as `user:7` or `org:acme`. */
  id: string;
  /** What people call it. */
  title?: string;
  /** By resource: `{ 'org:acme': 'user' }`. */
  roles?: Readonly<Record<string, string>>;
  /** By resource, permissions and patterns: `{ 'org:acme': ['messages:*'] }`. */
  permissions?: Readonly<Record<string, readonly string[]>>;
  /** The revision that this is to replace, 0 for none yet; another one there is a `conflict`. */
  revision?: number;
}

/** An owner that is registered, or a technical user. */
export interface Account {
  id: string;
  type: 'owner' | 'technical-user';
  title?: string;
  roles: Record<string, string>;
  /** The most that its tokens can do, as it was resolved when the account was written. */
  ceilings: { resource: string; permissions: string[] }[];
  status: 'active' | 'disabled';
  /** Of a disabled account: where the authority stood that disabled it. Less does not enable it. */
  heldAt?: string;
  /** Of a technical user: the tokens that it backs. */
  tokens?: string[];
  createdAt: number;
  createdBy: string;
  statusChangedAt?: number;
  statusChangedBy?: string;
  /** Rises with every change. */
  revision: number;
}

/**
 * Owners and technical users. An owner that was never registered is active and has no ceiling of its own; once registered,
 * its account binds all tokens of it and of what stands below it, those that exist too. Who manages an account stands above it:
 * an admin of the root for `org:acme`.
 */
export interface Accounts {
  /**
   * Registers an owner, or writes its account anew. What it may be given shrinks for living tokens at once.
   *
   * @example
   * await tokens.accounts.put({ id: 'user:7', roles: { 'user:7': 'user' } }, actor);
   */
  put(input: AccountInput, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * The account of an owner, or a technical user.
   *
   * @example
   * const { status, ceilings } = await tokens.accounts.get('user:7', actor);
   */
  get(id: string, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * Stops all tokens of an account, and of what stands below it, until it is enabled.
   *
   * @example
   * await tokens.accounts.disable('user:7', actor); // on leave
   */
  disable(id: string, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * Lets the tokens of a disabled account work again.
   *
   * @example
   * await tokens.accounts.enable('user:7', actor);
   */
  enable(id: string, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * Ends an account for good, and with it all its tokens. Its id never comes back.
   *
   * @example
   * await tokens.accounts.delete('user:7', actor);
   */
  delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }>;
}

import type { CallOptions } from './call.js';
import type { Actor } from './token.js';

/** An account to write: the most that its owner can grant. It needs a role or a permission. */
export interface AccountInput {
  /** The owner: a resource such as `user:7` or `org:acme`. */
  id: string;
  /** The display name. */
  title?: string;
  /** By resource: `{ 'org:acme': 'user' }`. */
  roles?: Readonly<Record<string, string>>;
  /** By resource, permissions and patterns: `{ 'org:acme': ['messages:*'] }`. */
  permissions?: Readonly<Record<string, readonly string[]>>;
  /** The revision that this replaces, 0 for a new account. Otherwise: `conflict`. */
  revision?: number;
}

/** A registered owner, or a technical user. */
export interface Account {
  id: string;
  type: 'owner' | 'technical-user';
  title?: string;
  roles: Record<string, string>;
  /** The most that its tokens can do, resolved when the account was written. */
  ceilings: { resource: string; permissions: string[] }[];
  status: 'active' | 'disabled';
  /**
   * Of a disabled account: the resource of the actor that disabled it. A lower one cannot enable
   * it.
   */
  heldAt?: string;
  /** Of a technical user: its tokens. */
  tokens?: string[];
  createdAt: number;
  createdBy: string;
  statusChangedAt?: number;
  statusChangedBy?: string;
  /** Incremented by every change. */
  revision: number;
}

/**
 * Owners and technical users. An unregistered owner is active and has no ceiling. The account of a
 * registered owner limits all its tokens and those of owners below it, existing ones too. An
 * account is managed from above: `org:acme` by an admin of the root.
 */
export interface Accounts {
  /**
   * Registers an owner, or replaces its account. A smaller ceiling applies to existing tokens at
   * once.
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
   * Disables an account: its tokens and those of owners below it are refused until it is enabled.
   *
   * @example
   * await tokens.accounts.disable('user:7', actor); // on leave
   */
  disable(id: string, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * Enables a disabled account.
   *
   * @example
   * await tokens.accounts.enable('user:7', actor);
   */
  enable(id: string, actor: Actor, call?: CallOptions): Promise<Account>;
  /**
   * Deletes an account and ends all its tokens. Its id is never used again.
   *
   * @example
   * await tokens.accounts.delete('user:7', actor);
   */
  delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }>;
}

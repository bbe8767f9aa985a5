import type { CallOptions } from './call.js';
import type { Actor } from './token.js';

/** One committed change: who, what, when, why, before and after. It holds no secret. */
export interface AuditEntry {
  /** The version of the format. */
  v: number;
  /** The owner whose trail has the entry. */
  owner: string;
  /** The number of the change within its owner, from 1. */
  seq: number;
  at: number;
  actor: string;
  /** The name of the operation, such as `revoke`. */
  operation: string;
  /** The token that was changed. */
  token?: string;
  /** The account that was changed. */
  account?: string;
  reason?: string;
  /** The changed members, before the change. */
  before: Record<string, unknown>;
  /** The changed members, after the change. */
  after: Record<string, unknown>;
  /** The SHA-256 of the previous entry, in hex; null for the first. */
  previous: string | null;
}

/** Which entries. */
export interface AuditQuery {
  /** The owner of the trail. */
  owner: string;
  /** Only of this token. */
  token?: string;
  /** Only of this account. */
  account?: string;
  /** Default `newest`. */
  order?: 'newest' | 'oldest';
  /** Where to continue: the `next` of the last page. */
  after?: number;
  /** The most items of one page. */
  limit?: number;
}

export interface AuditPage {
  items: AuditEntry[];
  /** The numbers of damaged entries. */
  unreadable?: number[];
  /** The `after` of the next page; absent on the last page. */
  next?: number;
}

/**
 * The number and the hash of an entry. Stored elsewhere, it proves that no entry up to it was
 * changed or removed.
 */
export interface AuditHead {
  seq: number;
  hash: string;
}

export interface VerifyAuditOptions extends CallOptions {
  /** Checks the entries after this one, which must exist. Default: all. */
  after?: AuditHead;
  /** Called after each page. */
  onProgress?: (progress: { checked: number; head?: AuditHead }) => void;
}

/** The result of checking a chain of entries. */
export interface AuditCheck {
  /** Whether each entry has the hash of the previous one. */
  intact: boolean;
  /** How many entries were read. */
  checked: number;
  /** The last intact entry. Keep it where writers of the store cannot change it. */
  head?: AuditHead;
  /** The first entry that is not intact. */
  problem?: { seq: number; message: string };
  /**
   * After a problem: where the chain is intact again. Pass it as `after` to check later entries.
   */
  next?: AuditHead;
}

/**
 * The audit trail. Each entry is written in the commit of its change, and has the hash of the
 * previous entry of its owner.
 */
export interface Audits {
  /**
   * The entries of an owner, a page at a time.
   *
   * @example
   * const { items, next } = await tokens.audit({ owner: 'org:acme', token: id }, actor);
   */
  audit(query: AuditQuery, actor: Actor, call?: CallOptions): Promise<AuditPage>;
  /**
   * The entries of an owner as JSON Lines, oldest first: one text per line, with its line break.
   *
   * @throws {LeastkeyError} also `store_unavailable` at the end if entries are damaged, with their
   * numbers.
   * @example
   * for await (const line of tokens.exportAudit({ owner: 'org:acme' }, actor)) file.write(line);
   */
  exportAudit(
    query: Omit<AuditQuery, 'order' | 'limit'>,
    actor: Actor,
    call?: CallOptions,
  ): AsyncGenerator<string, void, undefined>;
  /**
   * Checks that the entries of an owner are complete and unchanged. It cannot detect a removed
   * tail: for that, keep the `head` of an earlier check elsewhere and pass it as `after`.
   *
   * @example
   * const { intact, head, problem } = await tokens.verifyAudit('org:acme', { after: lastHead });
   */
  verifyAudit(owner: string, options?: VerifyAuditOptions): Promise<AuditCheck>;
}

import type { CallOptions } from './call.js';
import type { Actor } from './token.js';

/** One change, as it was committed: who, what, when, why, before and after. It holds no secret. */
export interface AuditEntry {
  /** The version of this form. */
  v: number;
  /** In whose trail it stands. */
  owner: string;
  /** Counts the changes of an owner, from 1. */
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
  /** The members that changed, as they were. */
  before: Record<string, unknown>;
  /** The members that changed, as they are now. */
  after: Record<string, unknown>;
  /** The SHA-256 of the entry before this one, in hex; null for the first. */
  previous: string | null;
}

/** Which entries. */
export interface AuditQuery {
  /** Whose. */
  owner: string;
  /** Only of this token. */
  token?: string;
  /** Only of this account. */
  account?: string;
  /** Default `newest`. */
  order?: 'newest' | 'oldest';
  /** Where the last page ended: its `next`. */
  after?: number;
  /** The most items of one page. */
  limit?: number;
}

export interface AuditPage {
  items: AuditEntry[];
  /** The numbers of entries that are damaged, so that a page does not hide them. */
  unreadable?: number[];
  /** Give it as `after` for the next page; absent on the last. */
  next?: number;
}

/** An entry by its number and its hash. Kept elsewhere, it proves that nothing up to it was changed or cut off. */
export interface AuditHead {
  seq: number;
  hash: string;
}

export interface VerifyAuditOptions extends CallOptions {
  /** Only what comes after this entry, which must be there. Default: from the first. */
  after?: AuditHead;
  /** Called after each page. */
  onProgress?: (progress: { checked: number; head?: AuditHead }) => void;
}

/** What became of a chain of entries. */
export interface AuditCheck {
  /** Whether each entry follows from the one before it. */
  intact: boolean;
  /** How many entries were looked at. */
  checked: number;
  /** The last entry that was in order: keep it where the store's writers cannot reach it. */
  head?: AuditHead;
  /** The first entry that was not. */
  problem?: { seq: number; message: string };
  /** After a problem: from where the chain can be followed again. Give it as `after` to check what came later. */
  next?: AuditHead;
}

/** Who changed what. Entries are written in the commit of the change itself, and chained by their hashes, owner by owner. */
export interface Audits {
  /**
   * The changes of an owner, a page at a time.
   *
   * @example
   * const { items, next } = await tokens.audit({ owner: 'org:acme', token: id }, actor);
   */
  audit(query: AuditQuery, actor: Actor, call?: CallOptions): Promise<AuditPage>;
  /**
   * The changes of an owner as JSON Lines, oldest first: one text a line, with its line break.
   *
   * @throws {LeastkeyError} also `store_unavailable` at the end when entries are damaged, with their numbers.
   * @example
   * for await (const line of tokens.exportAudit({ owner: 'org:acme' }, actor)) file.write(line);
   */
  exportAudit(
    query: Omit<AuditQuery, 'order' | 'limit'>,
    actor: Actor,
    call?: CallOptions,
  ): AsyncGenerator<string, void, undefined>;
  /**
   * Whether the changes of an owner are all there, as they were written. It tells everything but a tail that was cut off: for that,
   * keep the `head` of an earlier check elsewhere and give it as `after`.
   *
   * @example
   * const { intact, head, problem } = await tokens.verifyAudit('org:acme', { after: lastHead });
   */
  verifyAudit(owner: string, options?: VerifyAuditOptions): Promise<AuditCheck>;
}

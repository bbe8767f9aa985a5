import type { Duration } from './call.js';

/** Which tokens to revoke: at least one of owner, tag and subject, and of those given all must hold. */
export interface RevokeAllQuery {
  /** Of this owner and of all that stand below it; `''` for everyone. Default: everyone. */
  owner?: string;
  /** Only tokens with this tag. */
  tag?: string;
  /** Only tokens that act as this subject. */
  subject?: string;
  /** Where an earlier call stopped: the `next` of its report. */
  after?: string;
}

/** Which tokens to remove. */
export interface PurgeQuery {
  /** Of this owner and of all that stand below it. Default: everyone. */
  owner?: string;
  /** For how long they must have been expired or revoked. Default `'90d'`. */
  overFor?: Duration;
  /** Where an earlier call stopped: the `next` of its report. */
  after?: string;
}

/** How a call that goes through many tokens is run. */
export interface BulkOptions {
  /** Says what would happen, and changes nothing. */
  dryRun?: boolean;
  /** Called after each page: how far it has come, and which tokens that page was about. */
  onProgress?: (progress: BulkProgress) => void;
  /** Stops after the page that is running. The report says that it is not `complete`, and where to go on. */
  signal?: AbortSignal;
}

export interface RevokeAllOptions extends BulkOptions {
  /** Why, for whoever reads the lists later. */
  reason?: string;
}

/** How far a call has come that goes through many tokens. */
export interface BulkReport {
  /** Whether it came to the end. If not, the same call finds the rest; with `next` as its `after`, sooner. */
  complete: boolean;
  /** The tokens that were changed, or that a dry run would change. */
  ids: string[];
  /** How many needed no change, because they were revoked before. A purge has none. */
  already: number;
  /** How many tokens were looked at. */
  scanned: number;
  /** Tokens that were meant, but are not this actor's to change. */
  notAllowed: string[];
  /** Tokens whose stored records are damaged, which nothing was done to. Verification refuses them. */
  unreadable: string[];
  /** The `after` of the first page that is not done; absent at the end, and at the start. */
  next?: string;
}

/** A report in the making: `ids` are those of the last page alone, `changed` counts them all. */
export interface BulkProgress extends BulkReport {
  changed: number;
}

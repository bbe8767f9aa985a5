import type { Duration } from './call.js';

/**
 * Which tokens to revoke: at least one of owner, tag and subject. All that are given must match.
 */
export interface RevokeAllQuery {
  /** The tokens of this owner and of all below it; `''`: of everyone. Default: of everyone. */
  owner?: string;
  /** Only tokens with this tag. */
  tag?: string;
  /** Only tokens that act as this subject. */
  subject?: string;
  /** Where to continue: the `next` of an earlier report. */
  after?: string;
}

/** Which tokens to remove. */
export interface PurgeQuery {
  /** The tokens of this owner and of all below it. Default: of everyone. */
  owner?: string;
  /** For how long they must have been expired or revoked. Default `'90d'`. */
  overFor?: Duration;
  /** Where to continue: the `next` of an earlier report. */
  after?: string;
}

/** Options of a call over many tokens. */
export interface BulkOptions {
  /** Reports what would happen, and changes nothing. */
  dryRun?: boolean;
  /** Called after each page with the progress and the tokens of that page. */
  onProgress?: (progress: BulkProgress) => void;
  /** Stops after the current page. The report is then not `complete`, and has a `next`. */
  signal?: AbortSignal;
}

export interface RevokeAllOptions extends BulkOptions {
  /** The reason, for later readers of the records. */
  reason?: string;
}

/** The progress of a call over many tokens. */
export interface BulkReport {
  /** Whether it finished. If not, the same call does the rest; with `next` as `after`, faster. */
  complete: boolean;
  /** The tokens that were changed, or that a dry run would change. */
  ids: string[];
  /** How many were already revoked. 0 for a purge. */
  already: number;
  /** How many tokens were read. */
  scanned: number;
  /** Matching tokens that this actor may not change. */
  notAllowed: string[];
  /** Tokens with damaged records. They were left unchanged, and verification refuses them. */
  unreadable: string[];
  /** The `after` of the first page that is not done; absent at the end and at the start. */
  next?: string;
}

/** A report in progress: `ids` are those of the last page only, `changed` counts all. */
export interface BulkProgress extends BulkReport {
  changed: number;
}

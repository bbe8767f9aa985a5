import type { ErrorCode, Problem } from './codes.js';
import type { Conditions, Limits } from './conditions.js';
import type { Selection } from './selection.js';

/**
 * A key that another system issued and hashed: SHA-256 of the whole key, or of what follows its
 * prefix.
 */
export interface KeyRow extends Selection {
  /** The hash. */
  digest: string;
  /** How it is written. */
  encoding: 'hex' | 'base64' | 'base64url';
  /** The first characters of the key, for people to know it by. */
  hint?: string;
  kind: string;
  name: string;
  owner: string;
  subject?: string;
  resource?: string;
  expiresAt?: number | Date;
  createdAt?: number | Date;
  /** Whether it is disabled to begin with. */
  disabled?: boolean;
  description?: string;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, unknown>>;
  conditions?: Conditions;
  limits?: Limits;
}

export interface ImportKeysOptions {
  /** Says what would happen, each row by itself, and changes nothing. */
  dryRun?: boolean;
  /** Called after each row. */
  onProgress?: (progress: ImportProgress) => void;
  /** Stops after the rows that are running. The report is then not `complete`. */
  signal?: AbortSignal;
}

/** What became of one row. `row` counts from 0. */
export type RowOutcome =
  | { row: number; outcome: 'imported' | 'exists'; id: string }
  | { row: number; outcome: 'failed'; code: ErrorCode; message: string; problems: readonly Problem[] };

export interface ImportReport {
  /**
   * Whether every row was tried. If not, the same call goes on: what is there already is `exists`.
   */
  complete: boolean;
  imported: number;
  /** Keys that were there already. They are left as they are. */
  exists: number;
  failed: number;
  /** Row by row. */
  outcomes: RowOutcome[];
}

/** A report in the making; `last` is the row that has just been done. */
export interface ImportProgress extends Pick<ImportReport, 'imported' | 'exists' | 'failed'> {
  last: RowOutcome;
}

import type { Instant } from './call.js';
import type { ErrorCode, Problem } from './codes.js';
import type { Conditions, Limits } from './conditions.js';
import type { Selection } from './selection.js';

/**
 * A key of another system, with its SHA-256 hash: of the whole key, or of what follows its prefix.
 */
export interface KeyRow extends Selection {
  /** The hash. */
  digest: string;
  /** The encoding of the hash. */
  encoding: 'hex' | 'base64' | 'base64url';
  /** The first characters of the key, by which people recognize it. */
  hint?: string;
  kind: string;
  name: string;
  owner: string;
  subject?: string;
  resource?: string;
  expiresAt?: Instant;
  createdAt?: Instant;
  /** Whether it is created disabled. */
  disabled?: boolean;
  description?: string;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, unknown>>;
  conditions?: Conditions;
  limits?: Limits;
}

export interface ImportKeysOptions {
  /** Reports what would happen to each row by itself, and changes nothing. */
  dryRun?: boolean;
  /** Called after each row. */
  onProgress?: (progress: ImportProgress) => void;
  /** Stops after the current rows. The report is then not `complete`. */
  signal?: AbortSignal;
}

/** The outcome of one row. `row` counts from 0. */
export type RowOutcome =
  | { row: number; outcome: 'imported' | 'exists'; id: string }
  | { row: number; outcome: 'failed'; code: ErrorCode; message: string; problems: readonly Problem[] };

export interface ImportReport {
  /** Whether every row was tried. If not, repeat the call: imported keys are then `exists`. */
  complete: boolean;
  imported: number;
  /** Keys that already exist. They are left unchanged. */
  exists: number;
  failed: number;
  /** The outcome of each row. */
  outcomes: RowOutcome[];
}

/** A report in progress; `last` is the outcome of the latest row. */
export interface ImportProgress extends Pick<ImportReport, 'imported' | 'exists' | 'failed'> {
  last: RowOutcome;
}

import type { BearerError, VerdictCode } from '../api/codes.js';
import type { VerifiedToken } from '../api/verification.js';

/** A {@link Verdict} while it is made: with the members of every code. */
export interface FlatVerdict {
  valid: boolean;
  code: VerdictCode;
  status: number;
  error?: BearerError;
  token?: VerifiedToken;
  missing?: string[];
  retryAfter?: number;
  remaining?: number;
  scope?: string;
  asOf: number;
}

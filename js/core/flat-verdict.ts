import type { VerdictCode } from '../api/codes.js';
import type { AnyVerdict } from '../api/verification.js';

/** A {@link Verdict} while it is made: with the members of every code. */
export interface FlatVerdict extends AnyVerdict {
  valid: boolean;
  code: VerdictCode;
}

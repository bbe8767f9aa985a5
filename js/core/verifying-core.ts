/** What verification needs of a core. Both cores implement it: the full one and the edge one. */

import type { BearerError, VerdictCode } from '../api/codes.js';
import type { Verdict } from '../api/verification.js';
import type { Question, Reads, Step } from '../runtime/protocol.js';

/** What the token of a cached refusal lacks. */
export type RefusalDetails = Pick<Verdict, 'missing' | 'scope'>;

/** A verdict code with its status and the error of its challenge. */
export interface CodeRow {
  code: VerdictCode;
  status: number;
  error?: BearerError;
}

/** One step of a verification, and the cache slot of its token. */
export interface VerificationStep {
  step: Step;
  slot: number | undefined;
}

/** The prefix and the length of all credentials. */
export interface CredentialForm {
  start: string;
  length: number;
}

/**
 * The state of the cache when a read began. The core caches the token only if no read of the feed
 * was applied since.
 */
export interface ReadStamp {
  epoch: number;
  generation: number;
}

/** A packed lookup that missed. Lower values encode the code of a text that names no token. */
export const MISS = -1;

/**
 * In a packed lookup, the bit for a rotation's new secret, or for the old one after its grace. The
 * lower bits are the code.
 */
export const SUCCESSOR_BIT = 1 << 7;

/** In a packed lookup, the position of the slot. */
export const SLOT_SHIFT = 8;

/** The most credentials of one {@link VerifyingCore.lookupBatch}. */
export const MAX_BATCH_LOOKUPS = 64;

/** A configured core that verifies. */
export interface VerifyingCore {
  /** Changes with every instance; a fresh one has an empty cache. */
  readonly epoch: number;

  /** The verdict codes by their index. */
  readonly codes: readonly CodeRow[];

  /** The form of credentials; absent if imported keys are verified too. */
  readonly form: CredentialForm | undefined;

  /** The stamp to take before the reads of a token that is to be cached. */
  readStamp(): ReadStamp;

  /**
   * One step of a verification. With the stamp from before its reads, the token enters the cache;
   * without one, the core only evicts what has ended.
   */
  verify(
    credential: string,
    question: Question,
    reads: Reads,
    now: number,
    stamp?: ReadStamp,
  ): VerificationStep;

  /** Interns the requirement of a question: its id for {@link VerifyingCore.lookupPacked}. */
  intern(question: Question): number;

  /**
   * A cache lookup as one number: slot, successor bit, code; {@link MISS} or less without a token.
   */
  lookupPacked(credential: string, requirement: number, now: number): number;

  /**
   * {@link VerifyingCore.lookupPacked} for at most {@link MAX_BATCH_LOOKUPS} credentials of one
   * length, concatenated in `credentials`, and one requirement id for each. `undefined`: no lookup
   * was possible. The result is valid until the next call.
   */
  lookupBatch(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined;

  /** A cache lookup for any question; of a refusal also its details. */
  lookup(credential: string, question: Question, now: number): { packed: number; details?: RefusalDetails };

  /**
   * Applies the `order`-th read of the change feed and of `meta/deployment`: evicts what changed.
   * Returns the number of shards.
   *
   * @throws {LeastkeyError} `store_unavailable` when the store is not that of this deployment.
   */
  applyFeed(heads: Reads, order: number): number;

  /** The requirement of a request, by the routes of the catalog. */
  match(method: string, path: string): Step;
}

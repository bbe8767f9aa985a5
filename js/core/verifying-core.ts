/** What a core does for verification: the whole one, and the one of an edge that does nothing else. */

import type { BearerError, VerdictCode } from '../api/codes.js';
import type { Verdict } from '../api/verification.js';
import type { Question, Reads, Step } from '../runtime/protocol.js';

/** What a refusal of a token that is remembered lacked. */
export type RefusalDetails = Pick<Verdict, 'missing' | 'scope'>;

/** A verdict code with its status and the error of its challenge. */
export interface CodeRow {
  code: VerdictCode;
  status: number;
  error?: BearerError;
}

/** One step of a verification, and where its token is remembered. */
export interface VerificationStep {
  step: Step;
  slot: number | undefined;
}

/** How every credential begins, and how long each is. */
export interface CredentialForm {
  start: string;
  length: number;
}

/** A moment in the life of the core: what was read before the feed was taken in again is not remembered. */
export interface ReadStamp {
  epoch: number;
  generation: number;
}

/** What is remembered does not do: the store has to be asked. Below it stand the codes of texts that name no token. */
export const MISS = -1;

/** In a hit, the bit of a rotation's new secret, or of the old one after its grace; below it stands the code. */
export const SUCCESSOR_BIT = 1 << 7;

/** In a hit, where the slot begins. */
export const SLOT_SHIFT = 8;

/** The most credentials of one {@link VerifyingCore.lookupBatch}. */
export const MAX_BATCH_LOOKUPS = 64;

/** A configured core that verifies. */
export interface VerifyingCore {
  /** Changes with every instance: a fresh one remembers nothing. */
  readonly epoch: number;

  /** The verdict codes by their numbers. */
  readonly codes: readonly CodeRow[];

  /** The form of credentials; absent where another system's keys are verified too. */
  readonly form: CredentialForm | undefined;

  /** Where the core stands, to be asked before a token is read that is to be remembered. */
  readStamp(): ReadStamp;

  /**
   * One step of a verification. With the mark from before its reads the token is remembered; without one, the core only learns what has
   * ended.
   */
  verify(
    credential: string,
    question: Question,
    reads: Reads,
    now: number,
    stamp?: ReadStamp,
  ): VerificationStep;

  /** The number of the requirement of a question, for {@link VerifyingCore.lookupPacked}. */
  intern(question: Question): number;

  /** The verdict from what is remembered, as one number: slot, successor, code; {@link MISS} or less without a token. */
  lookupPacked(credential: string, requirement: number, now: number): number;

  /**
   * {@link VerifyingCore.lookupPacked} of at most {@link MAX_BATCH_LOOKUPS} credentials of one length, which stand in `credentials` one after the other,
   * for the requirements with these numbers. Nothing: none can be told. What is answered is good until the next call.
   */
  lookupBatch(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined;

  /** As {@link VerifyingCore.lookupPacked}, for any question; of a refusal also what was details. */
  lookup(credential: string, question: Question, now: number): { packed: number; details?: RefusalDetails };

  /**
   * Takes in a read of the change feed and of `meta/deployment` that is the `order`-th that began, and forgets what changed. Answers how many shards
   * there are.
   *
   * @throws {LeastkeyError} `store_unavailable` when the store is not that of this deployment.
   */
  applyFeed(heads: Reads, order: number): number;

  /** What a request needs by the routes of the catalog. */
  match(method: string, path: string): Step;
}

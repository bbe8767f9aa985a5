/**
 * The JavaScript half of the token cache: turns packed lookups of the core into verdicts. Only this
 * folder knows packed lookups, slots and buffers.
 */

import type { Verification, VerifiedToken } from '../api/verification.js';
import type { Question, Reads, Step } from '../runtime/protocol.js';
import type { FlatVerdict } from './flat-verdict.js';
import {
  type AskedPermissions,
  type InternedRequirement,
  InternedRequirements,
  keepLacking,
  type RefusalDetails,
} from './interned-requirements.js';
import { MAX_BATCH_LOOKUPS, MISS, SLOT_SHIFT, SUCCESSOR_BIT } from './packed-lookup.js';
import {
  isPermissionOnResource,
  isPlainContext,
  isSmallCount,
  type PermissionOnResource,
} from './plain-question.js';
import { isMadeOf, Revalidation } from './revalidation.js';
import type { CodeRow } from './store-verification.js';
import type { ReadStamp, VerifyCore } from './verify-core.js';
import { hasLazyPermissions } from './vocabularies.js';

/** Records valid hits as uses of their tokens. */
export interface HitObserver {
  /** `slot` is where the cache has the token; `asked` is one value for all equal requirements. */
  noteHit(slot: number, token: VerifiedToken, asked: AskedPermissions, at: number): void;
}

/** The token views of the cached tokens, by the slot that the core gave them. */
export class TokenCache {
  readonly #core: VerifyCore;
  /** The index of the code `valid`. */
  readonly #valid: number;
  /** The `token` member of verdicts, by slot. */
  #tokens: (VerifiedToken | undefined)[] = [];
  /**
   * The token view given with an old secret, where no other is known: it may lack the pending
   * rotation.
   */
  readonly #oldSecretViews = new Map<number, VerifiedToken>();
  /** The token views of tokens that have no limits to count against, by slot. */
  #unlimited: (VerifiedToken | undefined)[] = [];
  readonly #revalidation = new Revalidation();
  readonly #requirements = new InternedRequirements((question) => this.#core.intern(question));
  #epoch = -1;

  constructor(core: VerifyCore) {
    this.#core = core;
    this.#valid = core.codes.findIndex(({ code }) => code === 'valid');
  }

  /** The stamp to take before the reads of a token that is to be cached. */
  readStamp(): ReadStamp {
    return this.#core.readStamp();
  }

  /** One step of a verification. With a stamp from before its reads, the token enters the cache. */
  verify(credential: string, question: Question, reads: Reads, now: number, stamp?: ReadStamp): Step {
    this.#dropIfRestarted();
    const { requirement, context, consume } = question;
    const isPlain = context === undefined && (consume === undefined || isSmallCount(consume));
    const id = isPlain ? this.#requirements.idOf(requirement) : undefined;
    const known = this.#core.revalidates && id !== undefined && consume === undefined;
    const revalidated = known ? this.#revalidate(credential, id, reads, now) : undefined;
    if (revalidated !== undefined) return revalidated;
    const { step, slot, origin } = this.#core.verify(credential, question, id, reads, now, stamp);
    // In this task: later the slot may hold another token.
    if (slot !== undefined) {
      const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
      this.#insert(slot, answer as FlatVerdict);
      if (this.#core.revalidates)
        this.#revalidation.note(slot, (answer as FlatVerdict).valid ? origin : undefined);
    }
    return step;
  }

  /**
   * One step of a verification that reads the store, of a token that was valid before: it is valid
   * again if the store has the same values, and no time has passed it by. `undefined`: the core
   * decides by the values.
   */
  #revalidate(credential: string, requirement: number, reads: Reads, now: number): Step | undefined {
    const packed = this.#core.lookupPacked(credential, requirement, now);
    const verdict = this.#validVerdict(packed, 0);
    const origin = verdict && this.#revalidation.of(packed >>> SLOT_SHIFT);
    if (origin === undefined) return undefined;
    if (reads.values.length === 0) return { need: { keys: [...origin.keys] } };
    return isMadeOf(origin, reads.values) ? { answer: verdict } : undefined;
  }

  /** The cached verdict on a credential, as of an instant; `undefined` on a miss. */
  lookup(credential: string, question: Question, now: number, asOf: number): FlatVerdict | undefined {
    this.#dropIfRestarted();
    const { requirement, context, consume } = question;
    const isPlain =
      (consume === undefined || consume === 1) && (context === undefined || isPlainContext(context));
    const plain = isPlain ? this.#lookupRequirement(credential, requirement, now) : undefined;
    let packed = plain ?? MISS;
    let valid = this.#validVerdict(packed, asOf);
    if (
      plain !== undefined &&
      (valid === undefined || consume === undefined || this.#isUnlimited(packed, valid))
    ) {
      if (valid !== undefined) return valid;
      // An unknown context meets no condition on it. So any other code than `condition_failed` is
      // the code with every context, and the context is passed to the core only after that one.
      if (context === undefined || this.#rowOf(packed)?.code !== 'condition_failed')
        return this.#verdict(packed, credential, question, now, asOf);
    }
    packed = this.#core.lookup(credential, question, now).packed;
    valid = this.#validVerdict(packed, asOf);
    if (valid === undefined) return this.#verdict(packed, credential, question, now, asOf);
    // A count is a hit only where there is nothing to count.
    if (consume !== undefined) this.#noteUnlimited(packed >>> SLOT_SHIFT, valid.token);
    return valid;
  }

  /** The packed lookup of a requirement, if it is of a form that needs no JSON. */
  #lookupRequirement(credential: string, requirement: unknown, now: number): number | undefined {
    const known = isPermissionOnResource(requirement)
      ? this.#lookupOn(credential, requirement, now)
      : undefined;
    if (known !== undefined) return known;
    const id = this.#requirements.idOf(requirement);
    return id === undefined ? undefined : this.#core.lookupPacked(credential, id, now);
  }

  #lookupOn(credential: string, requirement: PermissionOnResource, now: number): number | undefined {
    const known = this.#requirements.findPermission(requirement);
    return known && this.#core.lookupOn(credential, known.id, requirement.resource, now);
  }

  /** Whether the token of a valid hit is known to have no limits. */
  #isUnlimited(packed: number, { token }: FlatVerdict): boolean {
    return token !== undefined && this.#unlimited[packed >>> SLOT_SHIFT] === token;
  }

  /** Without gaps, which would make the array slow. */
  #noteUnlimited(slot: number, token: VerifiedToken | undefined): void {
    while (this.#unlimited.length < slot) this.#unlimited.push(undefined);
    this.#unlimited[slot] = token;
  }

  /**
   * {@link lookup} for a requirement in text, of one permission, maybe on a resource, a list of
   * texts, or none, and no options. A requirement that is not a text is a miss until {@link lookup}
   * has been asked the same one. Each valid hit is reported to `uses`. With `counts`, only a token
   * that is known to have no limits is a hit.
   */
  lookupPlain(
    credential: string,
    requirement: unknown,
    now: number,
    asOf: number,
    uses: HitObserver | undefined,
    counts: boolean,
  ): FlatVerdict | undefined {
    this.#dropIfRestarted();
    const interned = this.#requirements.find(requirement);
    if (interned === undefined) {
      return isPermissionOnResource(requirement)
        ? this.#lookupPlainOn(credential, requirement, now, asOf, uses, counts)
        : undefined;
    }
    const packed = this.#core.lookupPacked(credential, interned.id, now);
    const verdict =
      this.#validVerdict(packed, asOf) ??
      this.#verdict(packed, credential, interned.question, now, asOf, interned);
    return this.#noted(packed, verdict, interned.asked, now, uses, counts);
  }

  #lookupPlainOn(
    credential: string,
    requirement: PermissionOnResource,
    now: number,
    asOf: number,
    uses: HitObserver | undefined,
    counts: boolean,
  ): FlatVerdict | undefined {
    const packed = this.#lookupOn(credential, requirement, now);
    if (packed === undefined) return undefined;
    const verdict =
      this.#validVerdict(packed, asOf) ?? this.#verdict(packed, credential, { requirement }, now, asOf);
    return this.#noted(packed, verdict, requirement.permission, now, uses, counts);
  }

  /** The verdict of a hit, whose use is noted. `undefined` where a use may have to be counted. */
  #noted(
    packed: number,
    verdict: FlatVerdict | undefined,
    asked: AskedPermissions,
    now: number,
    uses: HitObserver | undefined,
    counts: boolean,
  ): FlatVerdict | undefined {
    if (counts && verdict?.valid && !this.#isUnlimited(packed, verdict)) return undefined;
    if (uses !== undefined && verdict?.valid && verdict.token !== undefined)
      uses.noteHit(packed >>> SLOT_SHIFT, verdict.token, asked, now);
    return verdict;
  }

  /**
   * As {@link lookupPlain}, for the items at the indexes `places`, with credentials of one length
   * and requirements in text or none. Their verdicts are written to the same indexes.
   */
  lookupMany(
    asked: readonly Verification[],
    places: readonly number[],
    verdicts: (FlatVerdict | undefined)[],
    now: number,
    asOf: number,
    uses: HitObserver | undefined,
  ): void {
    this.#dropIfRestarted();
    for (let from = 0; from < places.length; from += MAX_BATCH_LOOKUPS)
      this.#lookupBatch(asked, places.slice(from, from + MAX_BATCH_LOOKUPS), verdicts, now, asOf, uses);
  }

  #lookupBatch(
    asked: readonly Verification[],
    places: readonly number[],
    verdicts: (FlatVerdict | undefined)[],
    now: number,
    asOf: number,
    uses: HitObserver | undefined,
  ): void {
    let credentials = '';
    const requirements: (InternedRequirement | undefined)[] = [];
    const ids: number[] = [];
    for (const place of places) {
      const { credential, requirement } = asked[place] as Verification & { credential: string };
      const interned = this.#requirements.find(requirement);
      credentials += credential;
      requirements.push(interned);
      ids.push(interned?.id ?? MISS);
    }
    // Copied: other verdicts call the core again, which overwrites the buffer.
    const results = this.#core.lookupBatch(credentials, ids, now)?.slice(0, places.length);
    if (results === undefined) return;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      const packed = results[at] as number;
      const interned = requirements[at];
      if (interned === undefined) continue;
      const { credential } = asked[place] as Verification & { credential: string };
      const verdict =
        this.#validVerdict(packed, asOf) ??
        this.#verdict(packed, credential, interned.question, now, asOf, interned);
      verdicts[place] = verdict;
      if (uses !== undefined && verdict?.valid && verdict.token !== undefined)
        uses.noteHit(packed >>> SLOT_SHIFT, verdict.token, interned.asked, now);
    }
  }

  /** Inserts the token view of a verdict from the store into the slot that the core has filled. */
  #insert(slot: number, { code, token }: FlatVerdict): void {
    this.#dropIfRestarted();
    const isOfOldSecret = code === 'rotated_out' && token?.rotation === undefined;
    this.#tokens[slot] = isOfOldSecret ? undefined : token;
    if (isOfOldSecret && token !== undefined) this.#oldSecretViews.set(slot, token);
    else this.#oldSecretViews.delete(slot);
  }

  /** The commonest answer: valid, by the secret that the token was cached with. */
  #validVerdict(packed: number, asOf: number): FlatVerdict | undefined {
    if (packed <= MISS || (packed & (SUCCESSOR_BIT * 2 - 1)) !== this.#valid) return undefined;
    const token = this.#tokens[packed >>> SLOT_SHIFT];
    if (token === undefined || token.successor === true) return undefined;
    return { valid: true, code: 'valid', status: 200, token, asOf };
  }

  /** The code of a packed lookup; `undefined` on a miss. */
  #rowOf(packed: number): CodeRow | undefined {
    if (packed === MISS) return undefined;
    return this.#core.codes[packed < MISS ? MISS - 1 - packed : packed & (SUCCESSOR_BIT - 1)];
  }

  #verdict(
    packed: number,
    credential: string,
    question: Question,
    now: number,
    asOf: number,
    interned?: InternedRequirement,
  ): FlatVerdict | undefined {
    const row = this.#rowOf(packed);
    if (row === undefined) return undefined;
    // Without the secret, only the code is disclosed.
    if (packed < MISS || row.code === 'bad_secret') return refusalVerdict(row, asOf);
    const slot = packed >>> SLOT_SHIFT;
    const isMarked = (packed & SUCCESSOR_BIT) !== 0;
    const isOldSecret = row.code === 'rotated_out' && !isMarked;
    let token = this.#tokens[slot] ?? (isOldSecret ? this.#oldSecretViews.get(slot) : undefined);
    if (token === undefined) return undefined;
    if (row.code === 'rotated_out') token = rotatedOut(token, isMarked);
    else if (isMarked !== (token.successor === true)) token = withOtherSecret(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    const refusal: FlatVerdict = refusalVerdict(row, asOf);
    refusal.token = token;
    const isOfScope = row.error === 'insufficient_scope';
    if (!isOfScope && row.code !== 'idle_expired') return refusal;
    // The key of its permissions: tokens with equal ones share the list. A long list is not made
    // until it is asked for, so there the token itself is the key.
    const holder = hasLazyPermissions(token) ? token : token.permissions;
    const known = isOfScope ? interned?.lacking.get(holder) : undefined;
    if (known !== undefined) return withDetails(refusal, known);
    // Of a token that went idle, the uses noted in this process count, which may not be stored yet.
    const { packed: renewed, details } = this.#core.lookup(credential, question, now);
    if (row.code === 'idle_expired' && renewed !== packed)
      return this.#verdict(renewed, credential, question, now, asOf);
    if (details === undefined) return refusal;
    if (isOfScope && interned !== undefined) keepLacking(interned, holder, details);
    return withDetails(refusal, details);
  }

  /** Clears everything after the core restarted: a fresh instance has an empty cache. */
  #dropIfRestarted(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#unlimited = [];
    this.#oldSecretViews.clear();
    this.#revalidation.clear();
    this.#requirements.clear();
    this.#epoch = this.#core.epoch;
  }
}

function refusalVerdict({ code, status, error }: CodeRow, asOf: number): FlatVerdict {
  return error === undefined
    ? { valid: false, code, status, asOf }
    : { valid: false, code, status, error, asOf };
}

function withDetails(refusal: FlatVerdict, { missing, scope }: RefusalDetails): FlatVerdict {
  // A copy: verdicts are the caller's to change.
  if (missing !== undefined) refusal.missing = [...missing];
  if (scope !== undefined) refusal.scope = scope;
  return refusal;
}

/** The token view for the other secret of a rotation. */
function withOtherSecret({ successor, ...token }: VerifiedToken): VerifiedToken {
  return Object.freeze(successor === true ? token : { ...token, successor: true });
}

/**
 * The token view for an old secret. It names the pending rotation only if the end of its grace is
 * what rotated the secret out.
 */
function rotatedOut({ successor: _, rotation, ...token }: VerifiedToken, byGrace: boolean): VerifiedToken {
  return Object.freeze(byGrace && rotation !== undefined ? { ...token, rotation } : token);
}

/** Its permissions are frozen already, or made when they are asked for. */

/**
 * The JavaScript half of the token cache: turns packed lookups of the core into verdicts. Only this
 * folder knows packed lookups, slots and buffers.
 */

import type { Verdict, Verification, VerifiedToken } from '../api/verification.js';
import type { Question, Reads, Step } from '../runtime/protocol.js';
import { MAX_BATCH_LOOKUPS, MISS, SLOT_SHIFT, SUCCESSOR_BIT } from './packed-lookup.js';
import {
  haveSameItems,
  isLineList,
  isOnePermission,
  isPlainContext,
  isTextRequirement,
  type OnePermission,
  questionOf,
} from './plain-question.js';
import type { CodeRow, ReadStamp, VerifyCore } from './verify-core.js';

/** How many distinct permission lists are interned. Tokens with equal lists share one. */
const MAX_PERMISSION_LISTS = 256;

/** How many distinct texts are interned: permissions, owners, resources and kinds. */
const MAX_INTERNED_TEXTS = 4_096;

/** How many recent lists with the same first item are compared before a key is built. */
const MAX_RECENT_LISTS = 8;

/** How many requirements get an id. */
const MAX_INTERNED_REQUIREMENTS = 1_000;

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
  /** Interned permission lists: they are most of a token's size. */
  readonly #permissionLists = new Map<string, string[]>();
  readonly #texts = new Map<string, string>();
  readonly #requirementIds = new Map<string | undefined, number>();
  /** The requirement in text that was asked last, and its id: most services ask few. */
  #lastText: string | undefined;
  #lastTextId: number | undefined;
  /** Of requirements that are an object with one permission. */
  readonly #permissionIds = new Map<string, number>();
  readonly #listIds = new Map<string, number>();
  /** Of requirements that are objects, by their JSON. */
  readonly #objectIds = new Map<string, number>();
  /** Recent lists by their first item: comparing a list costs a third of building its key. */
  readonly #recentLists = new Map<unknown, InternedList[]>();
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
    const { step, slot } = this.#core.verify(credential, question, reads, now, stamp);
    // In this task: later the slot may hold another token.
    if (slot !== undefined) {
      const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
      this.#insert(slot, answer as Verdict);
    }
    return step;
  }

  /** The cached verdict on a credential, as of an instant; `undefined` on a miss. */
  lookup(credential: string, question: Question, now: number, asOf: number): Verdict | undefined {
    this.#dropIfRestarted();
    const { requirement, context, consume } = question;
    const isPlain = consume === undefined && (context === undefined || isPlainContext(context));
    const id = isPlain ? this.#idOf(requirement) : undefined;
    if (id !== undefined) {
      const packed = this.#core.lookupPacked(credential, id, now);
      const valid = this.#validVerdict(packed, asOf);
      if (valid !== undefined) return valid;
      // An unknown context meets no condition on it. So any other code than `condition_failed` is
      // the code with every context, and the context is passed to the core only after that one.
      if (context === undefined || this.#rowOf(packed)?.code !== 'condition_failed')
        return this.#verdict(packed, { credential, question, now, asOf });
    }
    const { packed } = this.#core.lookup(credential, question, now);
    return this.#verdict(packed, { credential, question, now, asOf });
  }

  /**
   * {@link lookup} for a requirement in text, of one permission, or none, and no options. One
   * permission is found only if `lookup` has had it before.
   */
  lookupPlain(
    credential: string,
    requirement: string | OnePermission | undefined,
    now: number,
    asOf: number,
  ): Verdict | undefined {
    this.#dropIfRestarted();
    const id =
      typeof requirement === 'object'
        ? this.#permissionIds.get(requirement.permission)
        : requirement === this.#lastText
          ? this.#lastTextId
          : this.#idOfText(requirement);
    if (id === undefined) return undefined;
    const packed = this.#core.lookupPacked(credential, id, now);
    return (
      this.#validVerdict(packed, asOf) ??
      this.#verdict(packed, { credential, question: questionOf(requirement), now, asOf })
    );
  }

  /**
   * As {@link lookup}, for the items at the indexes `places`, with credentials of one length. Their
   * verdicts are written to the same indexes.
   */
  lookupMany(
    asked: readonly Verification[],
    places: readonly number[],
    verdicts: (Verdict | undefined)[],
    now: number,
    asOf: number,
  ): void {
    this.#dropIfRestarted();
    for (let from = 0; from < places.length; from += MAX_BATCH_LOOKUPS)
      this.#lookupBatch(asked, places.slice(from, from + MAX_BATCH_LOOKUPS), verdicts, now, asOf);
  }

  #lookupBatch(
    asked: readonly Verification[],
    places: readonly number[],
    verdicts: (Verdict | undefined)[],
    now: number,
    asOf: number,
  ): void {
    let credentials = '';
    const ids: number[] = [];
    for (const place of places) {
      const { credential, requirement } = asked[place] as Verification;
      credentials += credential;
      ids.push(this.#idOf(requirement) ?? MISS);
    }
    // Copied: other verdicts call the core again, which overwrites the buffer.
    const results = this.#core.lookupBatch(credentials, ids, now)?.slice(0, places.length);
    if (results === undefined) return;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      const packed = results[at] as number;
      const { credential, requirement } = asked[place] as Verification;
      verdicts[place] =
        this.#validVerdict(packed, asOf) ??
        this.#verdict(packed, {
          credential: credential as string,
          question: questionOf(requirement as string | undefined),
          now,
          asOf,
        });
    }
  }

  /** Inserts the token view of a verdict from the store into the slot that the core has filled. */
  #insert(slot: number, { code, token }: Verdict): void {
    this.#dropIfRestarted();
    if (token !== undefined) {
      token.permissions = this.#internPermissions(token.permissions);
      token.kind = this.#internText(token.kind);
      token.owner = this.#internText(token.owner);
      token.resource = this.#internText(token.resource);
    }
    // Many verdicts share it.
    deepFreeze(token);
    const isOfOldSecret = code === 'rotated_out' && token?.rotation === undefined;
    this.#tokens[slot] = isOfOldSecret ? undefined : token;
    if (isOfOldSecret && token !== undefined) this.#oldSecretViews.set(slot, token);
    else this.#oldSecretViews.delete(slot);
  }

  #internPermissions(permissions: string[]): string[] {
    const key = permissions.join(' ');
    const known = this.#permissionLists.get(key);
    if (known !== undefined) return known;
    if (this.#permissionLists.size >= MAX_PERMISSION_LISTS) this.#permissionLists.clear();
    const interned = permissions.map((permission) => this.#internText(permission));
    this.#permissionLists.set(key, interned);
    return interned;
  }

  #internText(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_INTERNED_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  /** The commonest answer: valid, by the secret that the token was cached with. */
  #validVerdict(packed: number, asOf: number): Verdict | undefined {
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

  #verdict(packed: number, asked: Lookup): Verdict | undefined {
    const row = this.#rowOf(packed);
    if (row === undefined) return undefined;
    const { credential, question, now, asOf } = asked;
    if (packed < MISS || row.code === 'bad_secret') return refusalVerdict(row, asOf);
    const slot = packed >>> SLOT_SHIFT;
    const isMarked = (packed & SUCCESSOR_BIT) !== 0;
    const isOldSecret = row.code === 'rotated_out' && !isMarked;
    let token = this.#tokens[slot] ?? (isOldSecret ? this.#oldSecretViews.get(slot) : undefined);
    if (token === undefined) return undefined;
    if (row.code === 'rotated_out') token = rotatedOut(token, isMarked);
    else if (isMarked !== (token.successor === true)) token = withOtherSecret(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    // Of a token that went idle, the uses noted in this process count, which may not be stored yet.
    const { packed: renewed, details } = this.#core.lookup(credential, question, now);
    if (row.code === 'idle_expired' && renewed !== packed) return this.#verdict(renewed, asked);
    return { ...refusalVerdict(row, asOf), token, ...details };
  }

  /**
   * The id of a requirement, interned if it is not yet; `undefined` if it gets none: too many have
   * one, or it names a resource, of which there may be as many as requests.
   */
  #idOf(requirement: unknown): number | undefined {
    if (isTextRequirement(requirement)) return this.#idOfText(requirement);
    if (Array.isArray(requirement)) {
      const known = this.#listId(requirement);
      if (known !== undefined || !isLineList(requirement)) return known;
      return this.#intern(this.#listIds, requirement.join('\n'), requirement);
    }
    if (requirement === null || (requirement as { resource?: unknown }).resource !== undefined)
      return undefined;
    const key = JSON.stringify(requirement);
    const id = this.#objectIds.get(key) ?? this.#intern(this.#objectIds, key, requirement);
    if (id !== undefined && isOnePermission(requirement)) this.#permissionIds.set(requirement.permission, id);
    return id;
  }

  #idOfText(requirement: string | undefined): number | undefined {
    const id =
      this.#requirementIds.get(requirement) ?? this.#intern(this.#requirementIds, requirement, requirement);
    this.#lastText = requirement;
    this.#lastTextId = id;
    return id;
  }

  /** The id of an interned list. */
  #listId(list: readonly unknown[]): number | undefined {
    const recent = this.#recentLists.get(list[0]) ?? [];
    for (const known of recent) if (haveSameItems(known.texts, list)) return known.id;
    const id = isLineList(list) ? this.#listIds.get(list.join('\n')) : undefined;
    if (id === undefined) return undefined;
    recent.unshift({ texts: list, id });
    recent.length = Math.min(recent.length, MAX_RECENT_LISTS);
    this.#recentLists.set(list[0], recent);
    return id;
  }

  #intern<Key>(ids: Map<Key, number>, key: Key, requirement: unknown): number | undefined {
    if (ids.size >= MAX_INTERNED_REQUIREMENTS) return undefined;
    const id = this.#core.intern(requirement === undefined ? {} : { requirement });
    ids.set(key, id);
    return id;
  }

  /** Clears everything after the core restarted: a fresh instance has an empty cache. */
  #dropIfRestarted(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#oldSecretViews.clear();
    this.#requirementIds.clear();
    this.#permissionIds.clear();
    this.#lastTextId = undefined;
    this.#lastText = undefined;
    this.#listIds.clear();
    this.#objectIds.clear();
    this.#recentLists.clear();
    this.#epoch = this.#core.epoch;
  }
}

interface InternedList {
  texts: readonly unknown[];
  id: number;
}

/** The arguments of one lookup. */
interface Lookup {
  credential: string;
  question: Question;
  now: number;
  asOf: number;
}

function refusalVerdict({ code, status, error }: CodeRow, asOf: number): Verdict {
  return { valid: false, code, status, ...(error !== undefined && { error }), asOf };
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

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

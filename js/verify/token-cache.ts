/** The JavaScript half of the token cache: turns packed lookups of the core into verdicts. */

import type { VerdictCode } from '../api/codes.js';
import type { Verdict, VerifiedToken } from '../api/verification.js';
import { haveSameItems, isLineList, isTextQuestion, questionOf } from '../core/plain-question.js';
import { type CodeRow, MISS, SLOT_SHIFT, SUCCESSOR_BIT, type VerifyingCore } from '../core/verifying-core.js';
import type { Question } from '../runtime/protocol.js';
import type { SingleFlight } from './single-flight.js';

/** Refusals that are final: a cached one needs no recheck. */
const FINAL_CODES: readonly VerdictCode[] = ['revoked', 'expired', 'malformed', 'bad_checksum'];

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
  readonly #core: VerifyingCore;
  readonly #flights: SingleFlight;
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
  readonly #listIds = new Map<string, number>();
  /** Recent lists by their first item: comparing a list costs a third of building its key. */
  readonly #recentLists = new Map<unknown, InternedList[]>();
  #epoch = -1;

  constructor(core: VerifyingCore, flights: SingleFlight) {
    this.#core = core;
    this.#flights = flights;
    this.#valid = core.codes.findIndex(({ code }) => code === 'valid');
  }

  /** The cached verdict on a credential, as of an instant; `undefined` on a miss. */
  lookup(
    credential: string,
    question: Question,
    now: number,
    asOf: number,
    refusals: RefusalPolicy = 'reread',
  ): Verdict | undefined {
    this.#dropIfRestarted();
    const id = this.#questionId(question);
    const packed =
      id === undefined
        ? this.#core.lookup(credential, question, now).packed
        : this.#core.lookupPacked(credential, id, now);
    return this.#verdict(packed, { credential, question, now, asOf, refusals });
  }

  /** As {@link lookup}, for a requirement that is one text, without options. */
  lookupText(
    credential: string,
    requirement: string | undefined,
    now: number,
    asOf: number,
  ): Verdict | undefined {
    this.#dropIfRestarted();
    const id = this.#requirementId(requirement);
    if (id === undefined) return this.lookup(credential, questionOf(requirement), now, asOf);
    const packed = this.#core.lookupPacked(credential, id, now);
    return (
      this.#validVerdict(packed, asOf) ?? this.#otherVerdict(packed, { credential, requirement }, now, asOf)
    );
  }

  /** A valid verdict for a list of permissions that is already interned; `undefined` otherwise. */
  lookupList(
    credential: string,
    requirement: readonly unknown[],
    now: number,
    asOf: number,
  ): Verdict | undefined {
    this.#dropIfRestarted();
    const id = this.#listId(requirement);
    return id === undefined
      ? undefined
      : this.#validVerdict(this.#core.lookupPacked(credential, id, now), asOf);
  }

  /**
   * As {@link lookupText}, for the items at the indexes `places`: at most `MAX_BATCH_LOOKUPS`, with
   * credentials of one length. Their verdicts are written to the same indexes.
   */
  lookupMany(
    asked: readonly { credential: string; requirement?: string }[],
    places: readonly number[],
    verdicts: (Verdict | undefined)[],
    now: number,
    asOf: number,
  ): void {
    this.#dropIfRestarted();
    let credentials = '';
    const ids: number[] = [];
    for (const place of places) {
      const { credential, requirement } = asked[place] as (typeof asked)[number];
      credentials += credential;
      ids.push(this.#requirementId(requirement) ?? MISS);
    }
    // Copied: other verdicts call the core again, which overwrites the buffer.
    const results = this.#core.lookupBatch(credentials, ids, now)?.slice(0, places.length);
    if (results === undefined) return;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      const packed = results[at] as number;
      verdicts[place] =
        this.#validVerdict(packed, asOf) ??
        this.#otherVerdict(packed, asked[place] as (typeof asked)[number], now, asOf, 'defer');
    }
  }

  /**
   * Inserts the token view of a verdict from the store. Call it in the same task in which the core
   * filled the slot: later the slot may hold another token.
   */
  insert(slot: number, { code, token }: Verdict): void {
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

  #otherVerdict(
    packed: number,
    { credential, requirement }: { credential: string; requirement?: string | undefined },
    now: number,
    asOf: number,
    refusals: RefusalPolicy = 'reread',
  ): Verdict | undefined {
    if (packed === MISS) return undefined;
    return this.#verdict(packed, { credential, question: questionOf(requirement), now, asOf, refusals });
  }

  #verdict(packed: number, asked: Lookup): Verdict | undefined {
    if (packed === MISS) return undefined;
    const row = this.#core.codes[packed < MISS ? MISS - 1 - packed : packed & (SUCCESSOR_BIT - 1)] as CodeRow;
    const { credential, question, now, asOf } = asked;
    if (packed < MISS) return this.#mustReread(row, asked, true) ? undefined : refusalVerdict(row, asOf);
    if (row.code === 'bad_secret')
      return this.#mustReread(row, asked) ? undefined : refusalVerdict(row, asOf);
    const slot = packed >>> SLOT_SHIFT;
    const isMarked = (packed & SUCCESSOR_BIT) !== 0;
    const isOldSecret = row.code === 'rotated_out' && !isMarked;
    let token = this.#tokens[slot] ?? (isOldSecret ? this.#oldSecretViews.get(slot) : undefined);
    if (token === undefined) return undefined;
    if (row.code === 'rotated_out') token = rotatedOut(token, isMarked);
    else if (isMarked !== (token.successor === true)) token = withOtherSecret(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    if (row.code === 'idle_expired') {
      // Uses noted in this process may not be in the store yet.
      const renewed = this.#core.lookup(credential, question, now).packed;
      if (renewed !== packed) return this.#verdict(renewed, asked);
    }
    if (this.#mustReread(row, asked)) return undefined;
    const { details } = this.#core.lookup(credential, question, now);
    return { ...refusalVerdict(row, asOf), token, ...details };
  }

  /** Whether to read the store before giving a refusal that may be out of date. Rate limited. */
  #mustReread({ code }: CodeRow, asked: Lookup, isAbsent = false): boolean {
    const { credential, now, refusals } = asked;
    if (refusals === 'accept' || FINAL_CODES.includes(code)) return false;
    if (!this.#flights.isRecheckDue(credential, now, isAbsent)) return false;
    if (refusals === 'reread') this.#flights.startRecheck(credential, now, isAbsent);
    return true;
  }

  /** The id of a requirement in text; `undefined` when too many are interned. */
  #requirementId(requirement: string | undefined): number | undefined {
    return (
      this.#requirementIds.get(requirement) ??
      this.#intern(this.#requirementIds, requirement, questionOf(requirement))
    );
  }

  /** The id of a question without options whose requirement is a text or a list of texts. */
  #questionId(question: Question): number | undefined {
    if (isTextQuestion(question)) return this.#requirementId(question.requirement);
    const { requirement, context, consume } = question;
    if (context !== undefined || consume !== undefined || !isLineList(requirement)) return undefined;
    return this.#listId(requirement) ?? this.#intern(this.#listIds, requirement.join('\n'), question);
  }

  /** The id of an interned list. A frozen list is recognized by identity. */
  #listId(list: readonly unknown[]): number | undefined {
    const recent = this.#recentLists.get(list[0]) ?? [];
    for (const known of recent)
      if (known.frozen === list || haveSameItems(known.texts, list)) return known.id;
    const texts = [...list];
    const id = isLineList(texts) ? this.#listIds.get(texts.join('\n')) : undefined;
    if (id === undefined) return undefined;
    recent.unshift({ texts, id, frozen: Object.isFrozen(list) ? list : undefined });
    recent.length = Math.min(recent.length, MAX_RECENT_LISTS);
    this.#recentLists.set(list[0], recent);
    return id;
  }

  #intern<Key>(ids: Map<Key, number>, key: Key, question: Question): number | undefined {
    if (ids.size >= MAX_INTERNED_REQUIREMENTS) return undefined;
    const id = this.#core.intern(question);
    ids.set(key, id);
    return id;
  }

  /** Clears everything after the core restarted: a fresh instance has an empty cache. */
  #dropIfRestarted(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#oldSecretViews.clear();
    this.#requirementIds.clear();
    this.#listIds.clear();
    this.#recentLists.clear();
    this.#epoch = this.#core.epoch;
  }
}

/**
 * What to do with a refusal that may be out of date. `reread`: the caller reads the store now.
 * `defer`: the caller may read it later. `accept`: give it, because the store has just been read.
 */
type RefusalPolicy = 'reread' | 'defer' | 'accept';

/** An interned list, with a copy of its items. */
interface InternedList {
  texts: readonly unknown[];
  id: number;
  /** The list itself, if it is frozen. */
  frozen: readonly unknown[] | undefined;
}

/** The arguments of one lookup. */
interface Lookup {
  credential: string;
  question: Question;
  now: number;
  asOf: number;
  refusals: RefusalPolicy;
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

/** What the core remembers of tokens, as verdicts. */

import type { VerdictCode } from '../api/codes.js';
import type { Verdict, VerifiedToken } from '../api/verification.js';
import { haveSameItems, isLineList, isTextQuestion, questionOf } from '../core/plain-question.js';
import { type CodeRow, MISS, SLOT_SHIFT, SUCCESSOR_BIT, type VerifyingCore } from '../core/verifying-core.js';
import type { Question } from '../runtime/protocol.js';
import type { SingleFlight } from './single-flight.js';

/** Refusals that nothing takes back: what is remembered of them needs no second look. */
const FINAL_CODES: readonly VerdictCode[] = ['revoked', 'expired', 'malformed', 'bad_checksum'];

/** How many different lists of permissions are shared by the tokens that hold the same. */
const MAX_PERMISSION_LISTS = 256;

/** How many different texts that tokens have in common are shared: permissions, owners, resources and kinds. */
const MAX_INTERNED_TEXTS = 4_096;

/** The most lists that begin with the same text and are found without a key. */
const MAX_RECENT_LISTS = 8;

/** The most requirements that have a number. */
const MAX_INTERNED_REQUIREMENTS = 1_000;

/** The tokens that the core remembers, each by the number of its slot. */
export class TokenCache {
  readonly #core: VerifyingCore;
  readonly #flights: SingleFlight;
  /** The number of the code `valid`. */
  readonly #valid: number;
  /** What a verdict tells of a token, by slot. */
  #tokens: (VerifiedToken | undefined)[] = [];
  /** Their permissions, each list once: it would be most of what a token takes. */
  readonly #permissionLists = new Map<string, string[]>();
  readonly #texts = new Map<string, string>();
  readonly #requirementIds = new Map<string | undefined, number>();
  readonly #listIds = new Map<string, number>();
  /** The last of them by what stands first: to compare a list is a third of the work of making a key of it. */
  readonly #recentLists = new Map<unknown, InternedList[]>();
  #epoch = -1;

  constructor(core: VerifyingCore, looks: SingleFlight) {
    this.#core = core;
    this.#flights = looks;
    this.#valid = core.codes.findIndex(({ code }) => code === 'valid');
  }

  /** The verdict on a credential, as of an instant; nothing where the store has to be asked. */
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

  /** As {@link lookup}, for a question that only a text makes. */
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

  /** A yes on a list that is required whole and was read before; nothing where that is not known. */
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

  /** As {@link lookupText}, for those at some places, at most `MAX_BATCH_LOOKUPS` and all of one length. Their verdicts take the same places. */
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
    // What is not plain asks the core again, which writes over these: so they are copied.
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
   * Remembers what a verdict from the store tells of a token. To be called in the same turn as the core has filled the slot: at any later
   * moment another token may stand there.
   */
  insert(slot: number, token: VerifiedToken | undefined): void {
    this.#dropIfRestarted();
    if (token !== undefined) {
      token.permissions = this.#internPermissions(token.permissions);
      token.kind = this.#internText(token.kind);
      token.owner = this.#internText(token.owner);
      token.resource = this.#internText(token.resource);
    }
    // Many verdicts will share it.
    this.#tokens[slot] = deepFreeze(token);
  }

  #internPermissions(permissions: string[]): string[] {
    const key = permissions.join(' ');
    const known = this.#permissionLists.get(key);
    if (known !== undefined) return known;
    if (this.#permissionLists.size >= MAX_PERMISSION_LISTS) this.#permissionLists.clear();
    const ofShared = permissions.map((permission) => this.#internText(permission));
    this.#permissionLists.set(key, ofShared);
    return ofShared;
  }

  #internText(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_INTERNED_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  /** The answer to nearly every verification: yes, by the secret that the token was read with. */
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
    if (packed < MISS) return this.#mustReread(row, asked, true) ? undefined : refusal(row, asOf);
    if (row.code === 'bad_secret') return this.#mustReread(row, asked) ? undefined : refusal(row, asOf);
    let token = this.#tokens[packed >>> SLOT_SHIFT];
    if (token === undefined) return undefined;
    const isMarked = (packed & SUCCESSOR_BIT) !== 0;
    if (row.code === 'rotated_out') token = rotatedOut(token, isMarked);
    else if (isMarked !== (token.successor === true)) token = withOtherSecret(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    if (row.code === 'idle_expired') {
      // Uses that were noted here may not be in the store yet.
      const renewed = this.#core.lookup(credential, question, now).packed;
      if (renewed !== packed) return this.#verdict(renewed, asked);
    }
    if (this.#mustReread(row, asked)) return undefined;
    const { details } = this.#core.lookup(credential, question, now);
    return { ...refusal(row, asOf), token, ...details };
  }

  /** A refusal that may have been taken back since is read once more before it is given; a flood of them is not. */
  #mustReread({ code }: CodeRow, asked: Lookup, isAbsent = false): boolean {
    const { credential, now, refusals } = asked;
    if (refusals === 'accept' || FINAL_CODES.includes(code)) return false;
    if (!this.#flights.isRecheckDue(credential, now, isAbsent)) return false;
    if (refusals === 'reread') this.#flights.startRecheck(credential, now, isAbsent);
    return true;
  }

  /** The number of a requirement in text; nothing when too many have one. */
  #requirementId(requirement: string | undefined): number | undefined {
    return (
      this.#requirementIds.get(requirement) ??
      this.#intern(this.#requirementIds, requirement, questionOf(requirement))
    );
  }

  /** The number of a question that is no more than a requirement in text, or a list of texts. */
  #questionId(question: Question): number | undefined {
    if (isTextQuestion(question)) return this.#requirementId(question.requirement);
    const { requirement, context, consume } = question;
    if (context !== undefined || consume !== undefined || !isLineList(requirement)) return undefined;
    return this.#listId(requirement) ?? this.#intern(this.#listIds, requirement.join('\n'), question);
  }

  /** The number of a list that has one. One that is frozen is known without a look at what stands in it. */
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

  /** A fresh instance remembers nothing. */
  #dropIfRestarted(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#requirementIds.clear();
    this.#listIds.clear();
    this.#recentLists.clear();
    this.#epoch = this.#core.epoch;
  }
}

/**
 * What becomes of a refusal that could have been taken back: the caller reads the store again; or somebody will who asks for it then; or it
 * stands, because the store has just been asked.
 */
type RefusalPolicy = 'reread' | 'defer' | 'accept';

/** A list with a number, and what stood in it when it was looked up. */
interface InternedList {
  texts: readonly unknown[];
  id: number;
  /** Itself, if nobody can change it. */
  frozen: readonly unknown[] | undefined;
}

/** A verification that is under way. */
interface Lookup {
  credential: string;
  question: Question;
  now: number;
  asOf: number;
  refusals: RefusalPolicy;
}

function refusal({ code, status, error }: CodeRow, asOf: number): Verdict {
  return { valid: false, code, status, ...(error !== undefined && { error }), asOf };
}

/** The same token, presented with the other secret of a rotation. */
function withOtherSecret({ successor, ...token }: VerifiedToken): VerifiedToken {
  return Object.freeze(successor === true ? token : { ...token, successor: true });
}

/** The same token, presented with an old secret: it names the rotation under way only where nothing but the end of its grace rotated that out. */
function rotatedOut({ successor: _, rotation, ...token }: VerifiedToken, byGrace: boolean): VerifiedToken {
  return Object.freeze(byGrace && rotation !== undefined ? { ...token, rotation } : token);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

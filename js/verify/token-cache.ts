/** What the core remembers of tokens, as verdicts. */

import type { VerdictCode } from '../api/codes.js';
import type { Verdict, VerifiedToken } from '../api/verification.js';
import { areLines, areSame, isPlain, questionOf } from '../core/plain-question.js';
import { type CodeRow, HIT_SLOT, HIT_SUCCESSOR, MISS, type VerifyingCore } from '../core/verifying-core.js';
import type { Question } from '../runtime/protocol.js';
import type { Looks } from './single-flight.js';

/** Refusals that nothing takes back: what is remembered of them needs no second look. */
const FINAL: readonly VerdictCode[] = ['revoked', 'expired', 'malformed', 'bad_checksum'];

/** How many different lists of permissions are shared by the tokens that hold the same. */
const MOST_SHARED = 256;

/** How many different texts that tokens have in common are shared: permissions, owners, resources and kinds. */
const MOST_TEXTS = 4_096;

/** The most lists that begin with the same text and are found without a key. */
const MOST_NEAR = 8;

/** The most requirements that have a number. */
const MOST_NUMBERED = 1_000;

/** The tokens that the core remembers, each by the number of its slot. */
export class Recollection {
  readonly #core: VerifyingCore;
  readonly #looks: Looks;
  /** The number of the code `valid`. */
  readonly #valid: number;
  /** What a verdict tells of a token, by slot. */
  #tokens: (VerifiedToken | undefined)[] = [];
  /** What was told of it with an old secret, where nothing else was: a rotation that is under way may be missing. */
  readonly #toldWithOld = new Map<number, VerifiedToken>();
  /** Their permissions, each list once: it would be most of what a token takes. */
  readonly #permissions = new Map<string, string[]>();
  readonly #texts = new Map<string, string>();
  readonly #numbers = new Map<string | undefined, number>();
  readonly #lists = new Map<string, number>();
  /** The last of them by what stands first: to compare a list is a third of the work of making a key of it. */
  readonly #near = new Map<unknown, KnownList[]>();
  #epoch = -1;

  constructor(core: VerifyingCore, looks: Looks) {
    this.#core = core;
    this.#looks = looks;
    this.#valid = core.codes.findIndex(({ code }) => code === 'valid');
  }

  /** The verdict on a credential, as of an instant; nothing where the store has to be asked. */
  look(
    credential: string,
    question: Question,
    now: number,
    asOf: number,
    refusals: Refusals = 'looked at',
  ): Verdict | undefined {
    this.#keepUp();
    const number = this.#numberOf(question);
    const hit =
      number === undefined
        ? this.#core.recall(credential, question, now).hit
        : this.#core.hit(credential, number, now);
    return this.#verdict(hit, { credential, question, now, asOf, refusals });
  }

  /** As {@link look}, for a question that only a text makes. */
  lookPlain(
    credential: string,
    requirement: string | undefined,
    now: number,
    asOf: number,
  ): Verdict | undefined {
    this.#keepUp();
    const number = this.#number(requirement);
    if (number === undefined) return this.look(credential, questionOf(requirement), now, asOf);
    const hit = this.#core.hit(credential, number, now);
    return this.#plainYes(hit, asOf) ?? this.#other(hit, { credential, requirement }, now, asOf);
  }

  /** A yes on a list that is required whole and was read before; nothing where that is not known. */
  lookList(
    credential: string,
    requirement: readonly unknown[],
    now: number,
    asOf: number,
  ): Verdict | undefined {
    this.#keepUp();
    const number = this.#numberOfList(requirement);
    return number === undefined ? undefined : this.#plainYes(this.#core.hit(credential, number, now), asOf);
  }

  /** As {@link lookPlain}, for those at some places, at most `MOST_HITS` and all of one length. Their verdicts take the same places. */
  lookMany(
    asked: readonly { credential: string; requirement?: string }[],
    places: readonly number[],
    verdicts: (Verdict | undefined)[],
    now: number,
    asOf: number,
  ): void {
    this.#keepUp();
    let credentials = '';
    const numbers: number[] = [];
    for (const place of places) {
      const { credential, requirement } = asked[place] as (typeof asked)[number];
      credentials += credential;
      numbers.push(this.#number(requirement) ?? MISS);
    }
    // What is not plain asks the core again, which writes over these: so they are copied.
    const hits = this.#core.hits(credentials, numbers, now)?.slice(0, places.length);
    if (hits === undefined) return;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      const hit = hits[at] as number;
      verdicts[place] =
        this.#plainYes(hit, asOf) ??
        this.#other(hit, asked[place] as (typeof asked)[number], now, asOf, 'left');
    }
  }

  /**
   * Remembers what a verdict from the store tells of a token. To be called in the same turn as the core has filled the slot: at any later
   * moment another token may stand there.
   */
  keep(slot: number, { code, token }: Verdict): void {
    this.#keepUp();
    if (token !== undefined) {
      token.permissions = this.#shared(token.permissions);
      token.kind = this.#one(token.kind);
      token.owner = this.#one(token.owner);
      token.resource = this.#one(token.resource);
    }
    // Many verdicts will share it.
    const isOfOld = code === 'rotated_out' && token?.rotation === undefined;
    this.#tokens[slot] = isOfOld ? undefined : frozen(token);
    if (isOfOld && token !== undefined) this.#toldWithOld.set(slot, frozen(token));
    else this.#toldWithOld.delete(slot);
  }

  #shared(permissions: string[]): string[] {
    const key = permissions.join(' ');
    const known = this.#permissions.get(key);
    if (known !== undefined) return known;
    if (this.#permissions.size >= MOST_SHARED) this.#permissions.clear();
    const ofShared = permissions.map((permission) => this.#one(permission));
    this.#permissions.set(key, ofShared);
    return ofShared;
  }

  #one(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  /** The answer to nearly every verification: yes, by the secret that the token was read with. */
  #plainYes(hit: number, asOf: number): Verdict | undefined {
    if (hit <= MISS || (hit & (HIT_SUCCESSOR * 2 - 1)) !== this.#valid) return undefined;
    const token = this.#tokens[hit >>> HIT_SLOT];
    if (token === undefined || token.successor === true) return undefined;
    return { valid: true, code: 'valid', status: 200, token, asOf };
  }

  #other(
    hit: number,
    { credential, requirement }: { credential: string; requirement?: string | undefined },
    now: number,
    asOf: number,
    refusals: Refusals = 'looked at',
  ): Verdict | undefined {
    if (hit === MISS) return undefined;
    return this.#verdict(hit, { credential, question: questionOf(requirement), now, asOf, refusals });
  }

  #verdict(hit: number, asked: Asked): Verdict | undefined {
    if (hit === MISS) return undefined;
    const row = this.#core.codes[hit < MISS ? MISS - 1 - hit : hit & (HIT_SUCCESSOR - 1)] as CodeRow;
    const { credential, question, now, asOf } = asked;
    if (hit < MISS) return this.#isToBeReadAgain(row, asked, true) ? undefined : refusal(row, asOf);
    if (row.code === 'bad_secret') return this.#isToBeReadAgain(row, asked) ? undefined : refusal(row, asOf);
    const isMarked = (hit & HIT_SUCCESSOR) !== 0;
    const slot = hit >>> HIT_SLOT;
    const isOld = row.code === 'rotated_out' && !isMarked;
    let token = this.#tokens[slot] ?? (isOld ? this.#toldWithOld.get(slot) : undefined);
    if (token === undefined) return undefined;
    if (row.code === 'rotated_out') token = rotatedOut(token, isMarked);
    else if (isMarked !== (token.successor === true)) token = turned(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    if (row.code === 'idle_expired') {
      // Uses that were noted here may not be in the store yet.
      const renewed = this.#core.recall(credential, question, now).hit;
      if (renewed !== hit) return this.#verdict(renewed, asked);
    }
    if (this.#isToBeReadAgain(row, asked)) return undefined;
    const { lacking } = this.#core.recall(credential, question, now);
    return { ...refusal(row, asOf), token, ...lacking };
  }

  /** A refusal that may have been taken back since is read once more before it is given; a flood of them is not. */
  #isToBeReadAgain({ code }: CodeRow, asked: Asked, isAbsent = false): boolean {
    const { credential, now, refusals } = asked;
    if (refusals === 'settled' || FINAL.includes(code)) return false;
    if (!this.#looks.isDue(credential, now, isAbsent)) return false;
    if (refusals === 'looked at') this.#looks.take(credential, now, isAbsent);
    return true;
  }

  /** The number of a requirement in text; nothing when too many have one. */
  #number(requirement: string | undefined): number | undefined {
    return (
      this.#numbers.get(requirement) ?? this.#numbered(this.#numbers, requirement, questionOf(requirement))
    );
  }

  /** The number of a question that is no more than a requirement in text, or a list of texts. */
  #numberOf(question: Question): number | undefined {
    if (isPlain(question)) return this.#number(question.requirement);
    const { requirement, context, consume } = question;
    if (context !== undefined || consume !== undefined || !areLines(requirement)) return undefined;
    return this.#numberOfList(requirement) ?? this.#numbered(this.#lists, requirement.join('\n'), question);
  }

  /** The number of a list that has one. One that is frozen is known without a look at what stands in it. */
  #numberOfList(list: readonly unknown[]): number | undefined {
    const near = this.#near.get(list[0]) ?? [];
    for (const known of near) if (known.frozen === list || areSame(known.texts, list)) return known.number;
    const texts = [...list];
    const number = areLines(texts) ? this.#lists.get(texts.join('\n')) : undefined;
    if (number === undefined) return undefined;
    near.unshift({ texts, number, frozen: Object.isFrozen(list) ? list : undefined });
    near.length = Math.min(near.length, MOST_NEAR);
    this.#near.set(list[0], near);
    return number;
  }

  #numbered<Key>(numbers: Map<Key, number>, key: Key, question: Question): number | undefined {
    if (numbers.size >= MOST_NUMBERED) return undefined;
    const number = this.#core.number(question);
    numbers.set(key, number);
    return number;
  }

  /** A fresh instance remembers nothing. */
  #keepUp(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#toldWithOld.clear();
    this.#numbers.clear();
    this.#lists.clear();
    this.#near.clear();
    this.#epoch = this.#core.epoch;
  }
}

/**
 * What becomes of a refusal that could have been taken back: the caller reads the store again; or somebody will who asks for it then; or it
 * stands, because the store has just been asked.
 */
type Refusals = 'looked at' | 'left' | 'settled';

/** A list with a number, and what stood in it when it was looked up. */
interface KnownList {
  texts: readonly unknown[];
  number: number;
  /** Itself, if nobody can change it. */
  frozen: readonly unknown[] | undefined;
}

/** A verification that is under way. */
interface Asked {
  credential: string;
  question: Question;
  now: number;
  asOf: number;
  refusals: Refusals;
}

function refusal({ code, status, error }: CodeRow, asOf: number): Verdict {
  return { valid: false, code, status, ...(error !== undefined && { error }), asOf };
}

/** The same token, presented with the other secret of a rotation. */
function turned({ successor, ...token }: VerifiedToken): VerifiedToken {
  return Object.freeze(successor === true ? token : { ...token, successor: true });
}

/** The same token, presented with an old secret: it names the rotation under way only where nothing but the end of its grace rotated that out. */
function rotatedOut({ successor: _, rotation, ...token }: VerifiedToken, byGrace: boolean): VerifiedToken {
  return Object.freeze(byGrace && rotation !== undefined ? { ...token, rotation } : token);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

/**
 * Verification from the store. Which keys are read is known here, from the credential and from the
 * record; what their values mean is known to the core alone.
 */

import type { Write } from '../api/store.js';
import type { Question, Reads, Step } from '../runtime/protocol.js';
import { boundValue } from '../stores/response.js';
import { STORE_META } from '../stores/store-meta.js';
import type { FlatVerdict } from './flat-verdict.js';
import { MISS, SLOT_SHIFT, SUCCESSOR_BIT } from './packed-lookup.js';
import { type EffectiveGrant, Parts, RecordView } from './record-view.js';
import type { Origin } from './revalidation.js';
import { SharedParts } from './shared-parts.js';
import { namesVocabularies, Vocabularies } from './vocabularies.js';

/** A verdict code with its status and the error of its challenge. */
export type CodeRow = Pick<FlatVerdict, 'code' | 'status' | 'error'>;

/** One verification, of which the core is asked step by step. */
export interface VerificationCall {
  credential: string;
  question: Question;
  /** The number of the question's requirement, if that is all that is asked. */
  requirement: number | undefined;
  now: number;
  /** The instance of the core. */
  epoch: number;
  /** The generation of the cache before the reads, or -1. */
  generation: number;
}

/** An answer of the core: a number, and what the number cannot tell. */
export interface NumberAndText {
  number: number;
  text: string | undefined;
}

/**
 * The calls of the core that a verification makes: bindings/verify/src/lib.rs says what they do.
 */
export interface VerificationExports {
  classify(call: VerificationCall): NumberAndText;
  readId(key: string, value: string): string | undefined;
  begin(call: VerificationCall, texts: (string | null)[], digest: number): NumberAndText;
  /** Where the parts of the record are that `begin` has read. */
  places(): Uint32Array;
  decide(call: VerificationCall, values: (string | null)[]): NumberAndText;
  /** Whether the value of a vocabulary's key is that vocabulary. */
  learn(key: string, value: string | null): boolean;
  /** Drops the vocabularies. */
  forget(): void;
  count(call: VerificationCall, counters: (string | null)[]): NumberAndText;
}

/** One step of a verification, and the cache slot of its token with what that was made of. */
export interface VerificationStep {
  step: Step;
  slot: number | undefined;
  origin?: Origin | undefined;
}

/** The texts with which a verification begins. */
interface RecordTexts {
  stored: string | null;
  meta: string | null;
  /** The id of the token of a foreign key, and the digest that named it. */
  id: string | null;
  digest: number;
}

/** A verification that the core has begun. */
interface Begun {
  call: VerificationCall;
  texts: RecordTexts;
  /** The bits of what is read besides the tokens and accounts in the record. */
  more: number;
  /** The keys of the vocabularies that the core lacks. */
  lacks: string[];
  view: RecordView;
}

/** What a verdict tells besides the record. */
interface Details
  extends EffectiveGrant,
    Pick<FlatVerdict, 'missing' | 'scope' | 'retryAfter' | 'remaining'> {
  /** The new counters. */
  counters?: string[];
}

/** The bits of what is read besides the tokens and accounts in a record. */
const SUBJECT_ACCOUNT = 1;
const OWN_USAGE = 2;
const NOTHING = 4;

/** The length of a token id. */
const ID_LENGTH = 16;

/**
 * For how many tokens the keys are kept on which they rested when they were read last: without a
 * cache, which reads each time, and with one, which rarely reads a token again.
 */
const MAX_KNOWN = 10_000;
const MAX_KNOWN_CACHED = 1_000;

/** The most vocabularies that are read at once. */
const MAX_READ = 100;

/** Where the keys begin under which keys of other systems are found. */
const DIGESTS = 'digest/';

/** The verification of credentials by one core. */
export class StoreVerification {
  readonly #core: VerificationExports;
  readonly #codes: readonly CodeRow[];
  readonly #parts: Parts;
  readonly #idAt: number;
  readonly #revalidates: boolean;
  /** The verification that the core has begun, and not decided yet. */
  #begun: Begun | undefined;
  /** All that the core has, and more where its instance was replaced. */
  #vocabularies = new Vocabularies();
  readonly #shared = new SharedParts();
  /** The keys that tokens rested on, by the token's key: they are read along with the record. */
  readonly #restedOn = new Map<string, string[]>();

  /**
   * @param parts the names of the parts whose places the core gives
   * @param idAt where the id begins in a credential
   * @param revalidates whether the origins of cached tokens are needed
   */
  constructor(
    core: VerificationExports,
    codes: readonly CodeRow[],
    parts: readonly string[],
    idAt: number,
    revalidates: boolean,
  ) {
    this.#core = core;
    this.#codes = codes;
    this.#parts = new Parts(parts);
    this.#idAt = idAt;
    this.#revalidates = revalidates;
  }

  /** The next step, by everything that was read so far. */
  step(call: VerificationCall, reads: Reads): VerificationStep {
    const { values } = reads;
    if (this.#vocabularies.isFull()) this.#forget();
    const named = this.#tokenOf(call, values);
    if ('step' in named) return named;
    const { id, digest, isForeign } = named;
    const token = `token/${id}`;
    const stored = valueAt(values, token);
    const meta = valueAt(values, STORE_META);
    if (stored === undefined || meta === undefined)
      return needs([token, STORE_META, ...(this.#restedOn.get(token) ?? [])]);
    const begun = this.#begin(call, { stored, meta, id: isForeign ? id : null, digest });
    if ('step' in begun) return begun;
    const { more, lacks, view } = begun;
    const keys = (more & NOTHING) === 0 ? dependencies(id, view, more, this.#shared) : [];
    const dependent = valuesOf(values, keys);
    if (dependent === undefined) return needs([token, ...keys]);
    this.#remember(token, keys, call.generation < 0 ? MAX_KNOWN : MAX_KNOWN_CACHED);
    const learning = lacks.length > 0 ? this.#learn(lacks, values) : undefined;
    if (learning !== undefined) return learning;
    const decided = this.#decide(call, dependent, values);
    if ('step' in decided) return decided;
    this.#begun = undefined;
    const { number, text } = decided;
    if (number === MISS && text !== undefined && !text.startsWith('{'))
      return this.#count(call, text.split('\n'), values, view);
    const answer = this.#answer(call, decided, view);
    if (this.#revalidates && answer.slot !== undefined)
      answer.origin = { keys: [token, STORE_META, ...keys], values: [stored, meta, ...dependent] };
    return answer;
  }

  /** Begins a verification in the core, unless it has begun with the same texts last. */
  #begin(call: VerificationCall, texts: RecordTexts): VerificationStep | Begun {
    const last = this.#begun;
    if (last !== undefined && isSameCall(last.call, call) && isSameRecord(last.texts, texts)) return last;
    this.#begun = undefined;
    const { stored, meta, id, digest } = texts;
    const begun = this.#core.begin(call, [stored, meta, id], digest);
    if (begun.number < 0 || stored === null) return this.#refused(begun);
    const view = new RecordView(stored, this.#parts, this.#core.places());
    const lacks = begun.text?.split('\n') ?? [];
    this.#begun = { call, texts, more: begun.number, lacks, view };
    return this.#begun;
  }

  /** The decision, with the vocabularies that the core lacks for it. */
  #decide(
    call: VerificationCall,
    dependent: (string | null)[],
    values: Reads['values'],
  ): VerificationStep | NumberAndText {
    const decided = this.#core.decide(call, dependent);
    const { number, text } = decided;
    if (number !== MISS || text === undefined || !namesVocabularies(text)) return decided;
    return this.#learn(text.split('\n'), values) ?? this.#core.decide(call, dependent);
  }

  /** Drops the vocabularies, here and in the core. Verdicts that refer to some keep them. */
  #forget(): void {
    this.#vocabularies = new Vocabularies();
    this.#begun = undefined;
    this.#core.forget();
  }

  /** Gives vocabularies to the core; the step that reads them, if they are not known. */
  #learn(keys: readonly string[], values: Reads['values']): VerificationStep | undefined {
    const unread = keys.filter((key) => !this.#vocabularies.has(key) && valueAt(values, key) === undefined);
    if (unread.length > 0) return needs(unread.slice(0, MAX_READ));
    for (const key of keys) {
      const known = this.#vocabularies.textOf(key);
      const text = known ?? valueAt(values, key) ?? null;
      const isSound = this.#core.learn(key, text);
      if (isSound && text !== null && known === undefined) this.#vocabularies.keep(key, text);
    }
    return undefined;
  }

  /** The token that a credential names, or what decides or is to be read before that is known. */
  #tokenOf(
    call: VerificationCall,
    values: Reads['values'],
  ): VerificationStep | { id: string; digest: number; isForeign: boolean } {
    const { credential } = call;
    const native = credential.slice(this.#idAt, this.#idAt + ID_LENGTH);
    if (values.length > 0 && !values.some(([key]) => key.startsWith(DIGESTS)))
      return { id: native, digest: 0, isForeign: false };
    const classified = this.#core.classify(call);
    if (classified.number < 0) return this.#refused(classified);
    const { text } = classified;
    if (text === undefined) return { id: native, digest: 0, isForeign: false };
    const keys = text.split('\n');
    const found = valuesOf(values, keys);
    if (found === undefined) return needs(keys);
    for (const [digest, value] of found.entries()) {
      const id = value === null ? undefined : this.#core.readId(keys[digest] as string, value);
      if (id !== undefined) return { id, digest, isForeign: true };
    }
    return this.#refused(this.#core.begin(call, [], 0));
  }

  /** Counts a use against the limits of the tokens with these ids, nearest first. */
  #count(call: VerificationCall, ids: string[], values: Reads['values'], view: RecordView): VerificationStep {
    const keys = ids.map((id) => `limit/${id}`);
    const counters = valuesOf(values, keys);
    // The sessions of a token count against its limits too: all queue for the topmost counter.
    if (counters === undefined) return needs(keys, call.question.consume === 0 ? undefined : keys.at(-1));
    const counted = this.#core.count(call, counters);
    const { step, slot } = this.#answer(call, counted, view);
    if (!('answer' in step)) return { step, slot };
    const writes: Write[] = [];
    for (const [at, value] of detailsOf(counted.text).counters?.entries() ?? []) {
      const key = keys[at] as string;
      const expect = counters[at] as string | null;
      const token = `token/${ids[at]}`;
      // The first use expects no counter, as does a use after a deletion. So the commit also
      // asserts that the record exists.
      if (expect === null) writes.push({ key: token, expect: valueAt(values, token) ?? null });
      writes.push({ key, expect, value });
    }
    return writes.length === 0 ? { step, slot } : { step: { commit: { writes, answer: step.answer } }, slot };
  }

  /** The verdict of a decision on a token. */
  #answer(call: VerificationCall, { number, text }: NumberAndText, view: RecordView): VerificationStep {
    if (number <= MISS) return this.#refused({ number, text });
    const { counters: _, permissions, resources, ...details } = detailsOf(text);
    const row = this.#codes[number & (SUCCESSOR_BIT - 1)] as CodeRow;
    const verdict: FlatVerdict = { valid: row.code === 'valid', ...row, asOf: 0 };
    if (row.code !== 'bad_secret') {
      const isMarked = (number & SUCCESSOR_BIT) !== 0;
      const isOld = row.code === 'rotated_out';
      verdict.token = view.token(
        { permissions, resources },
        { rotation: isMarked || !isOld, successor: isMarked && !isOld },
        call.generation >= 0,
        { vocabularies: this.#vocabularies, parts: this.#shared, epoch: call.epoch },
      );
    }
    const slot = number >>> SLOT_SHIFT;
    return {
      step: { answer: Object.assign(verdict, details) },
      slot: slot === 0 ? undefined : slot - 1,
    };
  }

  /** The step of a call that was refused, or of a credential that names no token. */
  #refused({ number, text }: NumberAndText): VerificationStep {
    if (number === MISS) return { step: JSON.parse(text as string) as Step, slot: undefined };
    const row = this.#codes[MISS - 1 - number] as CodeRow;
    return { step: { answer: { valid: false, ...row, asOf: 0 } }, slot: undefined };
  }

  #remember(token: string, keys: string[], most: number): void {
    if (keys.length === 0) return;
    if (this.#restedOn.size >= most) this.#restedOn.clear();
    this.#restedOn.set(token, keys);
  }
}

function isSameCall(one: VerificationCall, other: VerificationCall): boolean {
  return (
    one.credential === other.credential && one.epoch === other.epoch && one.generation === other.generation
  );
}

function isSameRecord(one: RecordTexts, other: RecordTexts): boolean {
  return (
    one.stored === other.stored &&
    one.meta === other.meta &&
    one.id === other.id &&
    one.digest === other.digest
  );
}

function needs(keys: string[], queue?: string): VerificationStep {
  return { step: { need: { keys, ...(queue !== undefined && { queue }) } }, slot: undefined };
}

function detailsOf(text: string | undefined): Details {
  return text === undefined ? {} : JSON.parse(text);
}

/** The value of a key that was read; `undefined` if it was not. */
function valueAt(values: Reads['values'], key: string): string | null | undefined {
  for (const [known, value] of values) if (known === key) return boundValue(value);
  return undefined;
}

/** The values of keys; `undefined` if one was not read. */
function valuesOf(values: Reads['values'], keys: readonly string[]): (string | null)[] | undefined {
  const found: (string | null)[] = [];
  for (const key of keys) {
    const value = valueAt(values, key);
    if (value === undefined) return undefined;
    found.push(value);
  }
  return found;
}

/**
 * The keys that a token rests on, in the order in which the core takes their values: its parents,
 * its technical user, its owner and the resources above it, its subject, and the usage of the token
 * and of its parents.
 */
function dependencies(id: string, view: RecordView, more: number, shared: SharedParts): string[] {
  const parents = view.parents();
  const keys = parents.map((parent) => `token/${parent}`);
  const { technicalUser, subject } = view;
  if (technicalUser !== undefined) keys.push(shared.accountKey(technicalUser));
  keys.push(shared.accountKey(view.owner));
  for (let owner = shared.text(view.owner); owner.includes('/'); ) {
    owner = owner.slice(0, owner.lastIndexOf('/'));
    keys.push(shared.accountKey(`"${owner}"`));
  }
  if ((more & SUBJECT_ACCOUNT) !== 0 && subject !== undefined) keys.push(shared.accountKey(subject));
  if ((more & OWN_USAGE) !== 0) keys.push(`usage/${id}`);
  for (const parent of parents) keys.push(`usage/${parent}`);
  return keys;
}

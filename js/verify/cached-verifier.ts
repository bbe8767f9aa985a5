/** Verification within a freshness window: from what is remembered where that may be used, from the store otherwise. */

import type { CredentialSource } from '../api/request.js';
import type { Requirement, Verdict, Verification, VerifyOptions } from '../api/verification.js';
import { isText, questionOf } from '../core/plain-question.js';
import { MOST_HITS, type VerifyingCore } from '../core/verifying-core.js';
import { readCredential } from '../input/credential.js';
import { Deadline, within } from '../runtime/deadline.js';
import type { Question } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { Feed } from './feed.js';
import { readQuestion } from './read-question.js';
import { Looks } from './single-flight.js';
import { Recollection } from './token-cache.js';
import { sameCause, unavailable } from './unavailable.js';
import { type Remembering, verifyCredential } from './verify-credential.js';
import { verifyAtOnce } from './verify-sync.js';

/** How often a verification waits for a read of the same token that others have begun, before it reads itself. */
const MOST_JOINED = 2;

/** The verifications of one deployment. */
export class FreshVerifier {
  readonly #core: VerifyingCore;
  readonly #settings: Settings;
  readonly #feed: Feed;
  readonly #recollection: Recollection;
  readonly #looks: Looks;
  #lastSeen = 0;

  constructor(core: VerifyingCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
    this.#feed = new Feed(core, settings);
    this.#looks = new Looks(settings.config.prefix, settings.deadline);
    this.#recollection = new Recollection(core, this.#looks);
  }

  /** What the clock said at the last verification within a window. */
  get lastSeen(): number {
    return this.#lastSeen;
  }

  /** The verdict on anything, with the options of a caller. */
  ask(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | Promise<Verdict> {
    const settings = this.#settings;
    const known = this.#lookList(source, requirement, options);
    if (known !== undefined) return known;
    if (typeof source === 'string' && isText(requirement) && this.#isPlain(source, options))
      return (
        this.#lookPlain(source, requirement) ??
        this.#slowly(source, questionOf(requirement), settings.freshness, undefined, settings)
      );
    const { question, freshness, signal } = readQuestion(requirement, options ?? {}, 'verify');
    return this.verify(source, question, freshness ?? settings.freshness, signal);
  }

  /** {@link ask}, if it takes no waiting: from what is remembered, or from a store that answers at once. */
  askNow(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | undefined {
    if (typeof source !== 'string' || !isText(requirement) || !this.#isPlain(source, options)) {
      const known = this.#lookList(source, requirement, options);
      if (known !== undefined) return known;
      const { question, freshness } = readQuestion(requirement, options ?? {}, 'verify');
      return this.#verifyNow(source, question, freshness ?? this.#settings.freshness);
    }
    const verdict = this.#lookPlain(source, requirement);
    if (verdict !== undefined) return verdict;
    const question = questionOf(requirement);
    const { freshness, now } = this.#settings;
    if (!this.#feed.isFresh(now(), freshness)) return this.#verifyNow(source, question, freshness);
    return this.#readNow(source, question, this.#remembering());
  }

  /** The verdicts that what is remembered answers, in the order of what is asked; nothing in the place of the others. */
  recallMany(asked: readonly Verification[], freshness: number): (Verdict | undefined)[] {
    const verdicts: (Verdict | undefined)[] = asked.map(() => undefined);
    const now = this.#clock();
    // Keys of another system have no one length.
    const { form } = this.#core;
    if (form === undefined || freshness === 0 || !this.#feed.isFresh(now, freshness)) return verdicts;
    const { readAt } = this.#feed;
    const plain = asked as readonly PlainVerification[];
    let places: number[] = [];
    for (let at = 0; at < asked.length; at++) {
      const one = asked[at] as Verification;
      if (!isPlain(one) || this.#cannotBe(one.credential)) continue;
      places.push(at);
      if (places.length < MOST_HITS) continue;
      this.#recollection.lookMany(plain, places, verdicts, now, readAt);
      places = [];
    }
    if (places.length > 0) this.#recollection.lookMany(plain, places, verdicts, now, readAt);
    return verdicts;
  }

  /** The verdict; no older than `freshness` milliseconds. 0 reads the store each time. `settings`: through another view of the store. */
  verify(
    source: CredentialSource,
    question: Question,
    freshness: number,
    signal?: AbortSignal,
    settings = this.#settings,
  ): Verdict | Promise<Verdict> {
    if (freshness === 0) return verifyCredential(this.#core, settings, source, question, signal);
    signal?.throwIfAborted();
    const now = this.#clock();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (this.#feed.isFresh(now, freshness)) {
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#slowly(credential, question, freshness, signal, settings);
  }

  #verifyNow(source: CredentialSource, question: Question, freshness: number): Verdict | undefined {
    const now = this.#clock();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (freshness > 0) {
      try {
        if (!this.#feed.isFresh(now, freshness) && !this.#feed.refreshNow(freshness)) return undefined;
      } catch (failure) {
        return unavailable(this.#settings, failure, now, 'verifySync');
      }
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#readNow(credential, question, freshness > 0 ? this.#remembering() : undefined);
  }

  /** From a store that answers at once. From any other nothing: it is asked, and what it answers is there for whoever asks next. */
  #readNow(
    credential: string,
    question: Question,
    remembering: Remembering | undefined,
  ): Verdict | undefined {
    if (remembering === undefined) return verifyAtOnce(this.#core, this.#settings, credential, question);
    if (this.#looks.underWay(this.#looks.subject(credential))) return undefined;
    if (this.#feed.answersLater) return this.#lookAhead(credential, question);
    const verdict = verifyAtOnce(this.#core, this.#settings, credential, question, remembering);
    if (verdict === undefined) this.#looks.takeBack(credential);
    return verdict === undefined ? undefined : this.#orSettled(verdict, credential, question);
  }

  /** Begins a look that nobody waits for yet. Nothing is counted by it. */
  #lookAhead(credential: string, question: Question): Verdict | undefined {
    if (this.#isCount(credential, question)) return undefined;
    const settings = this.#settings;
    const look = this.#missed(credential, withoutCount(question), settings.now(), undefined, settings);
    if (!(look instanceof Promise)) return question.consume === undefined ? look : undefined;
    look.then(undefined, () => {});
    return undefined;
  }

  /** Whether a question in two texts, of which the options say no more, may be answered from what is remembered. */
  #isPlain(credential: string, options: VerifyOptions | undefined): boolean {
    return (
      options === undefined &&
      credential !== '' &&
      this.#core.form !== undefined &&
      this.#settings.freshness !== 0
    );
  }

  /** Answers a plain question from what is remembered. Nothing is made on the way but the verdict. */
  #lookPlain(credential: string, requirement: string | undefined): Verdict | undefined {
    if (this.#cannotBe(credential)) return this.#malformed();
    const now = this.#clock();
    if (!this.#feed.isFresh(now, this.#settings.freshness)) return undefined;
    return this.#recollection.lookPlain(credential, requirement, now, this.#feed.readAt);
  }

  /** Answers a list that is required whole with a yes, from what is remembered, where nothing has to be read or made for it. */
  #lookList(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | undefined {
    if (!Array.isArray(requirement) || typeof source !== 'string') return undefined;
    if (!this.#isPlain(source, options) || this.#cannotBe(source)) return undefined;
    const now = this.#clock();
    if (!this.#feed.isFresh(now, this.#settings.freshness)) return undefined;
    return this.#recollection.lookList(source, requirement, now, this.#feed.readAt);
  }

  /** Whether a text has not the length or the beginning of a credential, so that nobody need look at it. */
  #cannotBe(text: string): boolean {
    const { form } = this.#core;
    return form !== undefined && (text.length !== form.length || !text.startsWith(form.start));
  }

  /** Rests on nothing, so a flood of it is not worth a look at the clock each. */
  #malformed(): Verdict {
    const asOf = this.#lastSeen || this.#settings.now();
    return { valid: false, code: 'malformed', status: 401, error: 'invalid_token', asOf };
  }

  #clock(): number {
    this.#lastSeen = this.#settings.now();
    return this.#lastSeen;
  }

  /** After a change by this process, what is remembered is looked at again. */
  doubt(): void {
    this.#feed.doubt();
  }

  /** Without a promise, where the feed is fresh and the store answers at once. */
  #slowly(
    credential: string,
    question: Question,
    freshness: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Verdict | Promise<Verdict> {
    const asOf = settings.now();
    if (this.#feed.isFresh(asOf, freshness))
      return this.#missed(credential, question, asOf, signal, settings);
    return this.#refreshed(credential, question, freshness, asOf, signal, settings);
  }

  async #refreshed(
    credential: string,
    question: Question,
    freshness: number,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<Verdict> {
    try {
      await this.#feed.refresh(freshness, new Deadline(settings.deadline, signal));
    } catch (failure) {
      signal?.throwIfAborted();
      return unavailable(settings, failure, asOf);
    }
    const verdict = this.#recollection.look(credential, question, this.#clock(), this.#feed.readAt);
    return verdict ?? this.#missed(credential, question, asOf, signal, settings);
  }

  /** From the store, by one read for all that ask for the same token meanwhile. `joined`: after so many reads that did not do. */
  #missed(
    credential: string,
    question: Question,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
    joined = 0,
  ): Verdict | Promise<Verdict> {
    const isCount = this.#isCount(credential, question);
    const mayJoin = joined < MOST_JOINED && !isCount;
    const under = mayJoin ? this.#looks.underWay(this.#looks.subject(credential)) : undefined;
    if (under !== undefined) return this.#joined(under, joined, credential, question, asOf, signal, settings);
    try {
      this.#looks.refuseFlood();
    } catch (failure) {
      return this.#settled(credential, question) ?? unavailable(settings, failure, asOf);
    }
    const read = this.#read(credential, question, signal, settings);
    if (!(read instanceof Promise)) return this.#orSettled(read, credential, question);
    this.#looks.add(credential, read, !isCount);
    return read.then((verdict) => this.#orSettled(verdict, credential, question));
  }

  /** Whether the store is asked for nothing but a count against limits, which is nobody else's: what it counts for is remembered, and good. */
  #isCount(credential: string, question: Question): boolean {
    if (question.consume === undefined) return false;
    const { readAt } = this.#feed;
    return (
      this.#recollection.look(credential, withoutCount(question), this.#clock(), readAt, 'settled')?.valid ===
      true
    );
  }

  /** A verdict from the store; where that did not do its part, what is remembered: it is not missed within the window. */
  #orSettled(verdict: Verdict, credential: string, question: Question): Verdict {
    if (!isUnreached(verdict)) return verdict;
    const settled = this.#settled(credential, question);
    if (settled === undefined) this.#looks.takeBack(credential);
    return settled ?? verdict;
  }

  /** What is remembered, where the store cannot be asked once more. */
  #settled(credential: string, question: Question): Verdict | undefined {
    const verdict = this.#recollection.look(
      credential,
      question,
      this.#clock(),
      this.#feed.readAt,
      'settled',
    );
    // Nobody knows whether what was not used for long has been used elsewhere.
    return verdict?.code === 'idle_expired' ? undefined : verdict;
  }

  async #joined(
    under: { verdict: Promise<Verdict>; left: number },
    joined: number,
    credential: string,
    question: Question,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<Verdict> {
    const deadline = new Deadline(settings.deadline, signal);
    const verdict = await this.#join(under, credential, question, deadline);
    if (verdict !== undefined) return sameCause({ ...verdict, asOf: Math.min(verdict.asOf, asOf) }, verdict);
    return this.#missed(credential, question, asOf, signal, settings, joined + 1);
  }

  /**
   * Waits for a read of the same token that is under way, and answers from what it has left to remember: that is as good as anything that
   * is remembered. Nothing where that does not do, or the read was cut off. A store that failed it is not asked again by all who wait.
   */
  async #join(
    under: { verdict: Promise<Verdict>; left: number },
    credential: string,
    question: Question,
    deadline: Deadline,
  ): Promise<Verdict | undefined> {
    try {
      const verdict = await within(under.verdict, Math.min(deadline.left, under.left), deadline.signal);
      if (isUnreached(verdict)) return this.#settled(credential, question) ?? verdict;
    } catch {
      deadline.refuseAborted();
      return undefined;
    }
    return this.#recollection.look(credential, question, this.#clock(), this.#feed.readAt, 'settled');
  }

  #read(
    credential: string,
    question: Question,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Verdict | Promise<Verdict> {
    return verifyCredential(this.#core, settings, credential, question, signal, this.#remembering());
  }

  /** What becomes of a token that is read from now on. */
  #remembering(): Remembering {
    return {
      mark: this.#core.mark(),
      keep: (slot, verdict) => this.#recollection.keep(slot, verdict),
    };
  }
}

/** A verification that only two texts make. */
interface PlainVerification {
  credential: string;
  requirement?: string;
}

function withoutCount({ consume: _, ...question }: Question): Question {
  return question;
}

/** Whether the store, or the way to it, left nothing to decide by. */
function isUnreached({ code }: Verdict): boolean {
  return code === 'store_unavailable' || code === 'deadline_exceeded';
}

function isPlain(one: Verification): one is Verification & PlainVerification {
  for (const name in one) if (name !== 'credential' && name !== 'requirement') return false;
  return typeof one.credential === 'string' && isText(one.requirement);
}

/** Verification within a freshness window: from the token cache on a hit, else from the store. */

import type { CredentialSource } from '../api/call.js';
import type { Requirement, Verdict, Verification, VerifyOptions } from '../api/verification.js';
import { isTextRequirement, questionOf } from '../core/plain-question.js';
import { MAX_BATCH_LOOKUPS, type VerifyingCore } from '../core/verifying-core.js';
import { readCredential } from '../input/credential.js';
import { Deadline, withTimeout } from '../runtime/deadline.js';
import type { Question } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { Feed } from './feed.js';
import { readQuestion } from './read-question.js';
import { SingleFlight } from './single-flight.js';
import { TokenCache } from './token-cache.js';
import { unavailableVerdict, withSameCause } from './unavailable.js';
import { type CacheFill, verifyCredential } from './verify-credential.js';
import { verifyCredentialSync } from './verify-sync.js';

/** How many loads of the same token by other calls a verification awaits before it loads itself. */
const MAX_COALESCED = 2;

/** The verifier of one deployment: token cache, change feed and loads from the store. */
export class CachedVerifier {
  readonly #core: VerifyingCore;
  readonly #settings: Settings;
  readonly #feed: Feed;
  readonly #cache: TokenCache;
  readonly #flights: SingleFlight;
  #lastClockReading = 0;

  constructor(core: VerifyingCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
    this.#feed = new Feed(core, settings);
    this.#flights = new SingleFlight(settings.config.prefix, settings.deadline);
    this.#cache = new TokenCache(core, this.#flights);
  }

  /** The clock reading at the last verification within a window. */
  get lastClockReading(): number {
    return this.#lastClockReading;
  }

  /** `verify` of the public API. Synchronous on a cache hit or with a synchronous store. */
  verify(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | Promise<Verdict> {
    const settings = this.#settings;
    const known = this.#lookupList(source, requirement, options);
    if (known !== undefined) return known;
    if (typeof source === 'string' && isTextRequirement(requirement) && this.#canUseFastPath(source, options))
      return (
        this.#lookupText(source, requirement) ??
        this.#verifyAsync(source, questionOf(requirement), settings.freshness, undefined, settings)
      );
    const { question, freshness, signal } = readQuestion(requirement, options ?? {}, 'verify');
    return this.verifyQuestion(source, question, freshness ?? settings.freshness, signal);
  }

  /** `verifySync`: the verdict from the cache or a synchronous store; `undefined` otherwise. */
  verifySync(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | undefined {
    if (
      typeof source !== 'string' ||
      !isTextRequirement(requirement) ||
      !this.#canUseFastPath(source, options)
    ) {
      const known = this.#lookupList(source, requirement, options);
      if (known !== undefined) return known;
      const { question, freshness } = readQuestion(requirement, options ?? {}, 'verify');
      return this.#verifyQuestionSync(source, question, freshness ?? this.#settings.freshness);
    }
    const verdict = this.#lookupText(source, requirement);
    if (verdict !== undefined) return verdict;
    const question = questionOf(requirement);
    const { freshness, now } = this.#settings;
    if (!this.#feed.isFresh(now(), freshness)) return this.#verifyQuestionSync(source, question, freshness);
    return this.#loadSync(source, question, this.#cacheFill());
  }

  /** The verdicts of `asked` that are cache hits, in order; `undefined` for the others. */
  lookupMany(asked: readonly Verification[], freshness: number): (Verdict | undefined)[] {
    const verdicts: (Verdict | undefined)[] = asked.map(() => undefined);
    const now = this.#readClock();
    // Imported keys have different lengths.
    const { form } = this.#core;
    if (form === undefined || freshness === 0 || !this.#feed.isFresh(now, freshness)) return verdicts;
    const { readAt } = this.#feed;
    const texts = asked as readonly TextVerification[];
    let places: number[] = [];
    for (let at = 0; at < asked.length; at++) {
      const one = asked[at] as Verification;
      if (!isTextVerification(one) || this.#isMalformed(one.credential)) continue;
      places.push(at);
      if (places.length < MAX_BATCH_LOOKUPS) continue;
      this.#cache.lookupMany(texts, places, verdicts, now, readAt);
      places = [];
    }
    if (places.length > 0) this.#cache.lookupMany(texts, places, verdicts, now, readAt);
    return verdicts;
  }

  /**
   * The verdict, at most `freshness` milliseconds old; 0 reads the store each time. `settings` may
   * carry another view of the store.
   */
  verifyQuestion(
    source: CredentialSource,
    question: Question,
    freshness: number,
    signal?: AbortSignal,
    settings = this.#settings,
  ): Verdict | Promise<Verdict> {
    if (freshness === 0) return verifyCredential(this.#core, settings, source, question, signal);
    signal?.throwIfAborted();
    const now = this.#readClock();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (this.#feed.isFresh(now, freshness)) {
      const verdict = this.#cache.lookup(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#verifyAsync(credential, question, freshness, signal, settings);
  }

  #verifyQuestionSync(source: CredentialSource, question: Question, freshness: number): Verdict | undefined {
    const now = this.#readClock();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (freshness > 0) {
      try {
        if (!this.#feed.isFresh(now, freshness) && !this.#feed.refreshSync(freshness)) return undefined;
      } catch (failure) {
        return unavailableVerdict(this.#settings, failure, now, 'verifySync');
      }
      const verdict = this.#cache.lookup(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#loadSync(credential, question, freshness > 0 ? this.#cacheFill() : undefined);
  }

  /**
   * Loads from a synchronous store. With any other: `undefined`, and a load is started that later
   * calls find.
   */
  #loadSync(credential: string, question: Question, fill: CacheFill | undefined): Verdict | undefined {
    if (fill === undefined) return verifyCredentialSync(this.#core, this.#settings, credential, question);
    if (this.#flights.inFlight(this.#flights.keyOf(credential))) return undefined;
    if (this.#feed.isAsync) return this.#prefetch(credential, question);
    const verdict = verifyCredentialSync(this.#core, this.#settings, credential, question, fill);
    if (verdict === undefined) this.#flights.cancelRecheck(credential);
    return verdict === undefined ? undefined : this.#orCached(verdict, credential, question);
  }

  /** Starts a load that nobody awaits yet. It counts no use. */
  #prefetch(credential: string, question: Question): Verdict | undefined {
    if (this.#isCountOnly(credential, question)) return undefined;
    const settings = this.#settings;
    const load = this.#loadOnMiss(credential, withoutConsume(question), settings.now(), undefined, settings);
    if (!(load instanceof Promise)) return question.consume === undefined ? load : undefined;
    load.then(undefined, () => {});
    return undefined;
  }

  /** Whether this call can use the cache fast path: a text credential, no options. */
  #canUseFastPath(credential: string, options: VerifyOptions | undefined): boolean {
    return (
      options === undefined &&
      credential !== '' &&
      this.#core.form !== undefined &&
      this.#settings.freshness !== 0
    );
  }

  /** A cache lookup for two texts. It allocates nothing but the verdict. */
  #lookupText(credential: string, requirement: string | undefined): Verdict | undefined {
    if (this.#isMalformed(credential)) return this.#malformedVerdict();
    const now = this.#readClock();
    if (!this.#feed.isFresh(now, this.#settings.freshness)) return undefined;
    return this.#cache.lookupText(credential, requirement, now, this.#feed.readAt);
  }

  /** A cache lookup for a list of permissions that is already interned. Valid verdicts only. */
  #lookupList(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): Verdict | undefined {
    if (!Array.isArray(requirement) || typeof source !== 'string') return undefined;
    if (!this.#canUseFastPath(source, options) || this.#isMalformed(source)) return undefined;
    const now = this.#readClock();
    if (!this.#feed.isFresh(now, this.#settings.freshness)) return undefined;
    return this.#cache.lookupList(source, requirement, now, this.#feed.readAt);
  }

  /** Whether a text lacks the length or the prefix of a credential. */
  #isMalformed(text: string): boolean {
    const { form } = this.#core;
    return form !== undefined && (text.length !== form.length || !text.startsWith(form.start));
  }

  /** Does not read the clock, so that a flood of malformed credentials stays cheap. */
  #malformedVerdict(): Verdict {
    const asOf = this.#lastClockReading || this.#settings.now();
    return { valid: false, code: 'malformed', status: 401, error: 'invalid_token', asOf };
  }

  #readClock(): number {
    this.#lastClockReading = this.#settings.now();
    return this.#lastClockReading;
  }

  /** Makes the next verification read the change feed: this process has changed something. */
  invalidate(): void {
    this.#feed.invalidate();
  }

  /** Returns synchronously if the feed is fresh and the store is synchronous. */
  #verifyAsync(
    credential: string,
    question: Question,
    freshness: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Verdict | Promise<Verdict> {
    const asOf = settings.now();
    if (this.#feed.isFresh(asOf, freshness))
      return this.#loadOnMiss(credential, question, asOf, signal, settings);
    return this.#refreshThenLookup(credential, question, freshness, asOf, signal, settings);
  }

  async #refreshThenLookup(
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
      return unavailableVerdict(settings, failure, asOf);
    }
    const verdict = this.#cache.lookup(credential, question, this.#readClock(), this.#feed.readAt);
    return verdict ?? this.#loadOnMiss(credential, question, asOf, signal, settings);
  }

  /**
   * Loads the token from the store, or awaits a load of it that is in flight. `joined`: how many
   * such loads did not answer this question.
   */
  #loadOnMiss(
    credential: string,
    question: Question,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
    joined = 0,
  ): Verdict | Promise<Verdict> {
    const isCountOnly = this.#isCountOnly(credential, question);
    const canCoalesce = joined < MAX_COALESCED && !isCountOnly;
    const load = canCoalesce ? this.#flights.inFlight(this.#flights.keyOf(credential)) : undefined;
    if (load !== undefined) return this.#coalesce(load, joined, credential, question, asOf, signal, settings);
    try {
      this.#flights.refuseOverload();
    } catch (failure) {
      return this.#cachedInstead(credential, question) ?? unavailableVerdict(settings, failure, asOf);
    }
    const read = this.#load(credential, question, signal, settings);
    if (!(read instanceof Promise)) return this.#orCached(read, credential, question);
    this.#flights.track(credential, read, !isCountOnly);
    return read.then((verdict) => this.#orCached(verdict, credential, question));
  }

  /**
   * Whether only a count against limits is left to do: the token is cached and valid. A count
   * answers one call only.
   */
  #isCountOnly(credential: string, question: Question): boolean {
    if (question.consume === undefined) return false;
    const { readAt } = this.#feed;
    const cached = this.#cache.lookup(
      credential,
      withoutConsume(question),
      this.#readClock(),
      readAt,
      'accept',
    );
    return cached?.valid === true;
  }

  /** A verdict from the store, or the cached one where the store failed: the window covers it. */
  #orCached(verdict: Verdict, credential: string, question: Question): Verdict {
    if (!isStoreFailure(verdict)) return verdict;
    const cached = this.#cachedInstead(credential, question);
    if (cached === undefined) this.#flights.cancelRecheck(credential);
    return cached ?? verdict;
  }

  /** The cached verdict where the store cannot be reread. */
  #cachedInstead(credential: string, question: Question): Verdict | undefined {
    const verdict = this.#cache.lookup(credential, question, this.#readClock(), this.#feed.readAt, 'accept');
    // Another process may have used the token since.
    return verdict?.code === 'idle_expired' ? undefined : verdict;
  }

  async #coalesce(
    load: { verdict: Promise<Verdict>; left: number },
    joined: number,
    credential: string,
    question: Question,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<Verdict> {
    const deadline = new Deadline(settings.deadline, signal);
    const verdict = await this.#waitForLoad(load, credential, question, deadline);
    if (verdict !== undefined)
      return withSameCause({ ...verdict, asOf: Math.min(verdict.asOf, asOf) }, verdict);
    return this.#loadOnMiss(credential, question, asOf, signal, settings, joined + 1);
  }

  /**
   * Awaits a load of the same token that is in flight, and answers from the cache entry that it
   * leaves. `undefined` if that entry does not answer the question or the load was cut off. If the
   * store failed the load, all who wait for it get that verdict, and the store gets no more reads.
   */
  async #waitForLoad(
    load: { verdict: Promise<Verdict>; left: number },
    credential: string,
    question: Question,
    deadline: Deadline,
  ): Promise<Verdict | undefined> {
    try {
      const verdict = await withTimeout(load.verdict, Math.min(deadline.left, load.left), deadline.signal);
      if (isStoreFailure(verdict)) return this.#cachedInstead(credential, question) ?? verdict;
    } catch {
      deadline.throwIfAborted();
      return undefined;
    }
    return this.#cache.lookup(credential, question, this.#readClock(), this.#feed.readAt, 'accept');
  }

  #load(
    credential: string,
    question: Question,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Verdict | Promise<Verdict> {
    return verifyCredential(this.#core, settings, credential, question, signal, this.#cacheFill());
  }

  /** How a token that is read from now on enters the cache. */
  #cacheFill(): CacheFill {
    return {
      stamp: this.#core.readStamp(),
      insert: (slot, verdict) => this.#cache.insert(slot, verdict),
    };
  }
}

/** A verification with two texts and no options. */
interface TextVerification {
  credential: string;
  requirement?: string;
}

function withoutConsume({ consume: _, ...question }: Question): Question {
  return question;
}

/** Whether the store, or the way to it, failed. */
function isStoreFailure({ code }: Verdict): boolean {
  return code === 'store_unavailable' || code === 'deadline_exceeded';
}

function isTextVerification(one: Verification): one is Verification & TextVerification {
  for (const name in one) if (name !== 'credential' && name !== 'requirement') return false;
  return typeof one.credential === 'string' && isTextRequirement(one.requirement);
}

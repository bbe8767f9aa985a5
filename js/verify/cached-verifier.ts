/** Verification within a freshness window: from the token cache on a hit, else from the store. */

import type { CredentialSource } from '../api/call.js';
import type { Requirement, Verification, VerifyOptions } from '../api/verification.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import { isContextOnly, isOneUse, isTextRequirement } from '../core/plain-question.js';
import { TokenCache } from '../core/token-cache.js';
import type { ReadStamp, VerifyCore } from '../core/verify-core.js';
import { readCredential } from '../input/credential.js';
import type { Clock } from '../runtime/clock.js';
import { Deadline, withTimeout } from '../runtime/deadline.js';
import type { Question } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { Feed } from './feed.js';
import { type AskedQuestion, readRoutedQuestion, refuseWithoutRoute } from './read-question.js';
import { type RefusalPolicy, SingleFlight } from './single-flight.js';
import { unavailableVerdict, withSameCause } from './unavailable.js';
import type { UsageCollector } from './usage-collector.js';
import { verifyCredential, verifyCredentialSync } from './verify-credential.js';

/** How many loads of the same token by other calls a verification awaits before it loads itself. */
const MAX_COALESCED = 2;

/** The verifier of one deployment: token cache, change feed and loads from the store. */
export class CachedVerifier {
  readonly #core: VerifyCore;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #feed: Feed;
  readonly #cache: TokenCache;
  readonly #flights: SingleFlight;
  readonly #uses: UsageCollector | undefined;
  /** The length of credentials that the cache may answer; -1: none. */
  readonly #length: number;
  #lastClockReading = 0;

  /** With `uses`, what is verified counts as a use of its token. */
  constructor(core: VerifyCore, settings: Settings, uses?: UsageCollector) {
    this.#core = core;
    this.#uses = uses;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#feed = new Feed(core, settings);
    this.#flights = new SingleFlight(settings);
    this.#cache = new TokenCache(core);
    this.#length = settings.freshness === 0 ? -1 : (core.form?.length ?? -1);
  }

  /** `verify` of the public API. Synchronous on a cache hit or with a synchronous store. */
  verify(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): FlatVerdict | Promise<FlatVerdict> {
    const cached = this.#lookupPlain(source, requirement, options);
    if (cached !== undefined) return cached;
    return this.verifyAsked(source, this.readAsked(requirement, options));
  }

  /** `verifySync`: the verdict from the cache or a synchronous store; `undefined` otherwise. */
  verifySync(
    source: CredentialSource,
    requirement: Requirement | undefined,
    options: VerifyOptions | undefined,
  ): FlatVerdict | undefined {
    const cached = this.#lookupPlain(source, requirement, options);
    if (cached !== undefined) return cached;
    const asked = this.readAsked(requirement, options);
    const verdict = this.#verifySync(source, asked.question, asked.freshness ?? this.#settings.freshness);
    return refuseWithoutRoute(this.#noteUse(verdict, asked), asked);
  }

  /** The stamp of a read at freshness 0, where what it finds is kept to be revalidated. */
  #revalidationStamp(): ReadStamp | undefined {
    return this.#core.revalidates ? this.#cache.readStamp() : undefined;
  }

  /** Reads what one call asks. The caller may change it later. */
  readAsked(requirement: unknown, options: VerifyOptions | undefined): AskedQuestion {
    return readRoutedQuestion(this.#core, requirement, options);
  }

  #verifySync(source: CredentialSource, question: Question, freshness: number): FlatVerdict | undefined {
    const credential = this.#readCredential(source);
    if (typeof credential !== 'string') return credential;
    if (freshness === 0)
      return verifyCredentialSync(
        this.#cache,
        this.#settings,
        credential,
        question,
        this.#revalidationStamp(),
      );
    const now = this.#readClock();
    try {
      if (!this.#feed.isFresh(now, freshness) && !this.#feed.refreshSync(freshness)) return undefined;
    } catch (failure) {
      // A read for a push failed, and the window goes on.
      if (!this.#feed.isFresh(now, freshness))
        return unavailableVerdict(this.#settings, failure, now, 'verifySync');
    }
    return this.#lookup(credential, question, now) ?? this.#loadSync(credential, question);
  }

  /** The verdicts of `asked` that are cache hits, in order; `undefined` for the others. */
  lookupMany(asked: readonly Verification[], freshness: number): (FlatVerdict | undefined)[] {
    const verdicts: (FlatVerdict | undefined)[] = asked.map(() => undefined);
    const now = this.#readClock();
    // Imported keys have different lengths.
    const { form } = this.#core;
    if (form === undefined || freshness === 0 || !this.#answersAt(now, freshness)) return verdicts;
    const { readAt } = this.#feed;
    const places: number[] = [];
    for (let at = 0; at < asked.length; at++) {
      const one = asked[at] as Verification;
      if (isTextVerification(one) && one.credential.length === form.length) places.push(at);
    }
    this.#cache.lookupMany(asked, places, verdicts, now, readAt, this.#uses);
    for (const at of places) {
      const verdict = verdicts[at];
      if (verdict === undefined || verdict.valid) continue;
      const { credential } = asked[at] as Verification & { credential: string };
      verdicts[at] = this.#noteUse(this.#unlessStale(verdict, credential, now, 'defer'));
    }
    return verdicts;
  }

  /** The verdict on what a call asked. `settings` may carry another view of the store. */
  verifyAsked(
    source: CredentialSource,
    asked: AskedQuestion,
    settings = this.#settings,
  ): FlatVerdict | Promise<FlatVerdict> {
    const { question, freshness = settings.freshness, signal } = asked;
    const verdict = this.#verifyQuestion(source, question, freshness, signal, settings);
    if (this.#uses === undefined && asked.hasNoRoute === undefined) return verdict;
    const settle = (verdict: FlatVerdict) => refuseWithoutRoute(this.#noteUse(verdict, asked), asked);
    return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
  }

  /** The verdict, at most `freshness` milliseconds old; 0 reads the store each time. */
  #verifyQuestion(
    source: CredentialSource,
    question: Question,
    freshness: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): FlatVerdict | Promise<FlatVerdict> {
    if (freshness === 0)
      return verifyCredential(this.#cache, settings, source, question, signal, this.#revalidationStamp());
    signal?.throwIfAborted();
    const credential = this.#readCredential(source);
    if (typeof credential !== 'string') return credential;
    const now = this.#readClock();
    const isFresh = this.#feed.isFresh(now, freshness);
    return (
      (isFresh ? this.#lookup(credential, question, now) : undefined) ??
      this.#verifyAsync(credential, question, freshness, now, signal, settings)
    );
  }

  /**
   * The cached verdict for the commonest calls: a credential in text, and no options but a context
   * and one use to count.
   * `undefined`: the general way decides. The use is noted.
   */
  #lookupPlain(source: unknown, requirement: unknown, options: object | undefined): FlatVerdict | undefined {
    if (typeof source !== 'string' || this.#length < 0 || source === '') return undefined;
    if (source.length !== this.#length) {
      const isPlain = options === undefined && isTextRequirement(requirement);
      return isPlain ? this.#malformedVerdict() : undefined;
    }
    const counts = options !== undefined && isOneUse(options);
    if (options !== undefined && !counts) return this.#lookupInContext(source, requirement, options);
    const now = this.#readClock();
    if (!this.#answersAt(now, this.#settings.freshness)) return undefined;
    const { readAt } = this.#feed;
    const verdict = this.#cache.lookupPlain(source, requirement, now, readAt, this.#uses, counts);
    if (verdict === undefined || verdict.valid) return verdict;
    return this.#noteUse(this.#unlessStale(verdict, source, now, 'defer'));
  }

  #lookupInContext(source: string, requirement: unknown, options: object): FlatVerdict | undefined {
    if (!isContextOnly(options)) return undefined;
    const now = this.#readClock();
    if (!this.#answersAt(now, this.#settings.freshness)) return undefined;
    const asked = this.readAsked(requirement, options);
    const cached = this.#cache.lookup(source, asked.question, now, this.#feed.readAt);
    return refuseWithoutRoute(this.#noteUse(this.#unlessStale(cached, source, now, 'defer'), asked), asked);
  }

  #noteUse<V extends FlatVerdict | undefined>(verdict: V, asked?: AskedQuestion): V {
    if (verdict !== undefined) this.#uses?.noteVerdict(verdict, asked, this.#lastClockReading);
    return verdict;
  }

  /**
   * Whether one lookup answers: the cache is fresh, and the clock has not jumped ahead, so that one
   * time decides.
   */
  #answersAt(now: number, freshness: number): boolean {
    return this.#feed.isFresh(now, freshness) && this.#clock.believed(now) === now;
  }

  /** The cached verdict, unless the store has to be read before it is given. */
  #lookup(
    credential: string,
    question: Question,
    now: number,
    policy: RefusalPolicy = 'reread',
  ): FlatVerdict | undefined {
    const { readAt } = this.#feed;
    let verdict = this.#cache.lookup(credential, question, now, readAt);
    // A clock that jumped ahead refuses at once, and admits nothing before its time.
    const trusted = this.#clock.believed(now);
    if (trusted < now && verdict?.valid) verdict = this.#cache.lookup(credential, question, trusted, readAt);
    return this.#unlessStale(verdict, credential, now, policy);
  }

  #unlessStale(
    verdict: FlatVerdict | undefined,
    credential: string,
    now: number,
    policy: RefusalPolicy,
  ): FlatVerdict | undefined {
    if (verdict === undefined || verdict.valid) return verdict;
    return this.#flights.mustReread(verdict, credential, now, policy) ? undefined : verdict;
  }

  /**
   * Loads from a synchronous store. With any other: `undefined`, and a load is started that later
   * calls find.
   */
  #loadSync(credential: string, question: Question): FlatVerdict | undefined {
    if (this.#flights.inFlight(this.#flights.keyOf(credential))) return undefined;
    if (this.#feed.isAsync) return this.#prefetch(credential, question);
    const stamp = this.#cache.readStamp();
    const verdict = verifyCredentialSync(this.#cache, this.#settings, credential, question, stamp);
    if (verdict === undefined) this.#flights.cancelRecheck(credential);
    return verdict === undefined ? undefined : this.#orCached(verdict, credential, question);
  }

  /** Starts a load that nobody awaits yet. It counts no use. */
  #prefetch(credential: string, question: Question): FlatVerdict | undefined {
    if (this.#isCountOnly(credential, question)) return undefined;
    const settings = this.#settings;
    const load = this.#loadOnMiss(credential, withoutConsume(question), settings.now(), undefined, settings);
    if (!(load instanceof Promise)) return question.consume === undefined ? load : undefined;
    load.then(undefined, () => {});
    return undefined;
  }

  /** The credential of a call, or the refusal of a text that cannot be one. */
  #readCredential(source: CredentialSource): string | FlatVerdict {
    const { form } = this.#core;
    if (typeof source === 'string' && source !== '' && form !== undefined)
      return this.#isMalformed(source) ? this.#malformedVerdict() : source;
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: this.#readClock() };
    return this.#isMalformed(read.credential) ? this.#malformedVerdict() : read.credential;
  }

  /** Whether a text lacks the length or the prefix of a credential. */
  #isMalformed(text: string): boolean {
    const { form } = this.#core;
    return form !== undefined && (text.length !== form.length || !text.startsWith(form.start));
  }

  /** Does not read the clock, so that a flood of malformed credentials stays cheap. */
  #malformedVerdict(): FlatVerdict {
    const asOf = this.#lastClockReading || this.#settings.now();
    return { valid: false, code: 'malformed', status: 401, error: 'invalid_token', asOf };
  }

  #readClock(): number {
    const now = this.#clock.now();
    this.#lastClockReading = now;
    return now;
  }

  /** Makes the next verification read the change feed: this process has changed something. */
  invalidate(): void {
    this.#feed.invalidate();
  }

  /** `invalidate` of the public API. */
  notePush(): void {
    this.#feed.notePush();
  }

  /** Returns synchronously if the feed is fresh and the store is synchronous. */
  #verifyAsync(
    credential: string,
    question: Question,
    freshness: number,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): FlatVerdict | Promise<FlatVerdict> {
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
  ): Promise<FlatVerdict> {
    try {
      await this.#feed.refresh(freshness, new Deadline(settings.deadline, signal));
    } catch (failure) {
      signal?.throwIfAborted();
      // A read for a push failed, and the window goes on.
      if (!this.#feed.isFresh(this.#readClock(), freshness))
        return unavailableVerdict(settings, failure, asOf);
    }
    const verdict = this.#lookup(credential, question, this.#readClock());
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
  ): FlatVerdict | Promise<FlatVerdict> {
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
    return this.#lookup(credential, withoutConsume(question), this.#readClock(), 'accept')?.valid === true;
  }

  /** A verdict from the store, or the cached one where the store failed: the window covers it. */
  #orCached(verdict: FlatVerdict, credential: string, question: Question): FlatVerdict {
    if (!isStoreFailure(verdict)) return verdict;
    const cached = this.#cachedInstead(credential, question);
    if (cached === undefined) this.#flights.cancelRecheck(credential);
    return cached ?? verdict;
  }

  /** The cached verdict where the store cannot be reread. */
  #cachedInstead(credential: string, question: Question): FlatVerdict | undefined {
    const verdict = this.#lookup(credential, question, this.#readClock(), 'accept');
    // Another process may have used the token since.
    return verdict?.code === 'idle_expired' ? undefined : verdict;
  }

  async #coalesce(
    load: { verdict: Promise<FlatVerdict>; left: number },
    joined: number,
    credential: string,
    question: Question,
    asOf: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<FlatVerdict> {
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
    load: { verdict: Promise<FlatVerdict>; left: number },
    credential: string,
    question: Question,
    deadline: Deadline,
  ): Promise<FlatVerdict | undefined> {
    try {
      const verdict = await withTimeout(load.verdict, Math.min(deadline.left, load.left), deadline.signal);
      if (isStoreFailure(verdict)) return this.#cachedInstead(credential, question) ?? verdict;
    } catch {
      deadline.throwIfAborted();
      return undefined;
    }
    return this.#lookup(credential, question, this.#readClock(), 'accept');
  }

  #load(
    credential: string,
    question: Question,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): FlatVerdict | Promise<FlatVerdict> {
    return verifyCredential(this.#cache, settings, credential, question, signal, this.#cache.readStamp());
  }
}

function withoutConsume({ consume: _, ...question }: Question): Question {
  return question;
}

/** Whether the store, or the way to it, failed. */
function isStoreFailure({ code }: FlatVerdict): boolean {
  return code === 'store_unavailable' || code === 'deadline_exceeded';
}

function isTextVerification(one: Verification): one is Verification & { credential: string } {
  for (const name in one) if (name !== 'credential' && name !== 'requirement') return false;
  return typeof one.credential === 'string' && isTextRequirement(one.requirement);
}

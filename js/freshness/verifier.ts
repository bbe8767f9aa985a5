/** Verification within a freshness window: from what is remembered where that may be used, from the store otherwise. */

import type { Question } from '../boundary.js';
import { WRAPPER_REFUSALS } from '../codes.js';
import type { VerifyingCore } from '../core/verifying.js';
import { type CredentialSource, readCredential } from '../credential.js';
import type { Settings } from '../options.js';
import { Deadline, within } from '../time-limit.js';
import type { Verdict } from '../types.js';
import { type Remembering, verifyCredential } from '../verify.js';
import { verifyAtOnce } from './at-once.js';
import { Feed } from './feed.js';
import { Recollection } from './recollection.js';

/** The verifications of one deployment. */
export class FreshVerifier {
  readonly #core: VerifyingCore;
  readonly #settings: Settings;
  readonly #feed: Feed;
  readonly #recollection: Recollection;
  /** The reads of tokens that are not remembered yet, by their credentials, as long as they are under way. */
  readonly #missing = new Map<string, Promise<Verdict>>();

  constructor(core: VerifyingCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
    this.#feed = new Feed(core, settings);
    this.#recollection = new Recollection(core);
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
    const now = settings.now();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (this.#feed.isFresh(now, freshness)) {
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#slowly(credential, question, freshness, signal, settings);
  }

  /** The verdict, if it takes no waiting: from what is remembered, or from a store that answers at once. */
  verifyNow(source: CredentialSource, question: Question, freshness: number): Verdict | undefined {
    const now = this.#settings.now();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (freshness > 0) {
      try {
        if (!this.#feed.isFresh(now, freshness) && !this.#feed.refreshNow(freshness)) return undefined;
      } catch {
        return { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf: now };
      }
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    const remembering = freshness > 0 ? this.#remembering() : undefined;
    return verifyAtOnce(this.#core, this.#settings, credential, question, remembering);
  }

  /** After a change by this process, what is remembered is looked at again. */
  doubt(): void {
    this.#feed.doubt();
  }

  async #slowly(
    credential: string,
    question: Question,
    freshness: number,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<Verdict> {
    const deadline = new Deadline(settings.deadline, signal);
    const asOf = settings.now();
    if (!this.#feed.isFresh(asOf, freshness)) {
      try {
        await this.#feed.refresh(freshness, deadline);
      } catch {
        signal?.throwIfAborted();
        return { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf };
      }
      const verdict = this.#recollection.look(credential, question, settings.now(), this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    // A count against limits is nobody else's.
    if (question.consume !== undefined) return this.#read(credential, question, signal, settings);
    const under = this.#missing.get(credential);
    if (under !== undefined) {
      const verdict = await this.#join(under, credential, question, deadline);
      if (verdict !== undefined) return { ...verdict, asOf: Math.min(verdict.asOf, asOf) };
      return this.#read(credential, question, signal, settings);
    }
    const read = this.#read(credential, question, signal, settings);
    this.#missing.set(credential, read);
    const over = () => {
      if (this.#missing.get(credential) === read) this.#missing.delete(credential);
    };
    read.then(over, over);
    return read;
  }

  /**
   * Waits for a read of the same token that is under way, and answers from what it has left to remember: that is as good as anything that
   * is remembered. Nothing where that does not do. A store that failed it is not asked again by all who wait.
   */
  async #join(
    under: Promise<Verdict>,
    credential: string,
    question: Question,
    deadline: Deadline,
  ): Promise<Verdict | undefined> {
    try {
      const verdict = await within(under, deadline.left, deadline.signal);
      if (verdict.code === 'store_unavailable') return verdict;
    } catch {
      deadline.refuseAborted();
      return undefined;
    }
    return this.#recollection.look(credential, question, this.#settings.now(), this.#feed.readAt);
  }

  #read(
    credential: string,
    question: Question,
    signal: AbortSignal | undefined,
    settings: Settings,
  ): Promise<Verdict> {
    return verifyCredential(this.#core, settings, credential, question, signal, this.#remembering());
  }

  /** What becomes of a token that is read from now on. */
  #remembering(): Remembering {
    return {
      mark: this.#core.mark(),
      keep: (slot, token) => this.#recollection.keep(slot, token),
    };
  }
}

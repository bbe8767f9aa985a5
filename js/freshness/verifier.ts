/** Verification within a freshness window: from what is remembered where that may be used, from the store otherwise. */

import type { Question } from '../boundary.js';
import { WRAPPER_REFUSALS } from '../codes.js';
import type { ConfiguredCore } from '../core.js';
import { type CredentialSource, readCredential } from '../credential.js';
import type { Settings } from '../options.js';
import { Deadline } from '../time-limit.js';
import type { Verdict } from '../types.js';
import { type Remember, verifyCredential } from '../verify.js';
import { verifyAtOnce } from './at-once.js';
import { Feed } from './feed.js';
import { Recollection } from './recollection.js';

/** The verifications of one deployment. */
export class FreshVerifier {
  readonly #core: ConfiguredCore;
  readonly #settings: Settings;
  readonly #feed: Feed;
  readonly #recollection: Recollection;

  constructor(core: ConfiguredCore, settings: Settings) {
    this.#core = core;
    this.#settings = settings;
    this.#feed = new Feed(core, settings);
    this.#recollection = new Recollection(core);
  }

  /** The verdict; no older than `freshness` milliseconds. 0 reads the store each time. */
  verify(
    source: CredentialSource,
    question: Question,
    freshness: number,
    signal?: AbortSignal,
  ): Verdict | Promise<Verdict> {
    if (freshness === 0) return verifyCredential(this.#core, this.#settings, source, question, signal);
    signal?.throwIfAborted();
    const now = this.#settings.now();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (this.#feed.isFresh(now, freshness)) {
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return this.#slowly(credential, question, freshness, signal);
  }

  /** The verdict, if it takes no waiting: from what is remembered, or from a store that answers at once. */
  verifyNow(source: CredentialSource, question: Question, freshness: number): Verdict | undefined {
    const now = this.#settings.now();
    const read = readCredential(source);
    if ('refusal' in read) return { valid: false, ...read.refusal, asOf: now };
    const { credential } = read;
    if (freshness > 0) {
      try {
        if (!this.#feed.isFresh(now, freshness) && !this.#feed.refreshNow()) return undefined;
      } catch {
        return { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf: now };
      }
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return verifyAtOnce(this.#core, this.#settings, credential, question, this.#remember(freshness));
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
  ): Promise<Verdict> {
    const asOf = this.#settings.now();
    if (!this.#feed.isFresh(asOf, freshness)) {
      try {
        await this.#feed.refresh(freshness, new Deadline(this.#settings.deadline, signal));
      } catch {
        signal?.throwIfAborted();
        return { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf };
      }
      const now = this.#settings.now();
      const verdict = this.#recollection.look(credential, question, now, this.#feed.readAt);
      if (verdict !== undefined) return verdict;
    }
    return verifyCredential(
      this.#core,
      this.#settings,
      credential,
      question,
      signal,
      this.#remember(freshness),
    );
  }

  /** What becomes of a verdict from the store; nothing where nothing may be remembered. */
  #remember(freshness: number): Remember | undefined {
    if (freshness === 0) return undefined;
    return (slot, verdict) => this.#recollection.keep(slot, verdict);
  }
}

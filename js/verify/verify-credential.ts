import type { CredentialSource } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { FlatVerdict } from '../core/flat-verdict.js';

import type { TokenCache } from '../core/token-cache.js';
import type { ReadStamp } from '../core/verify-core.js';
import { readCredential } from '../input/credential.js';
import { Deadline, isThenable } from '../runtime/deadline.js';
import { type Question, type Reads, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { fetchReads, readKeys } from '../stores/call-store.js';
import { mergeValues, readApplied, readValues } from '../stores/response.js';
import { type AcceptedStep, countUse, type Outcome } from './counting.js';
import { reportDamage, unavailableVerdict } from './unavailable.js';

/**
 * The most reads of one verification. An imported key, its record and the record's dependencies are
 * three; each further read means that the record changed, and with it its dependencies.
 */
const MAX_READS = 6;

/**
 * How often `verifySync` tries to count a use when other processes win the commit. More would have
 * to wait.
 */
const MAX_SYNC_ATTEMPTS = 2;

/** The error for a token that changed during each read. */
function changedAtEachRead(): LeastkeyError {
  return new LeastkeyError(
    'store_unavailable',
    `the token changed between each of ${MAX_READS} reads, so no consistent snapshot was read; try again`,
  );
}

/**
 * The verdict on a credential, from the store. With `stamp`, from before the first read, its token
 * enters the cache. Returns synchronously if the store does.
 */
export function verifyCredential(
  cache: TokenCache,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
  stamp?: ReadStamp,
): FlatVerdict | Promise<FlatVerdict> {
  const ask = (credential: string, reads: Reads, now: number) =>
    cache.verify(credential, withCountTime(question, settings), reads, now, stamp);
  return verdictFrom(settings, source, ask, signal);
}

/**
 * {@link verifyCredential} without a promise; `undefined` if the store answers with one, or if
 * counting a use has to wait for other writers.
 */
export function verifyCredentialSync(
  cache: TokenCache,
  settings: Settings,
  credential: string,
  question: Question,
  stamp?: ReadStamp,
): FlatVerdict | undefined {
  const ask = (reads: Reads, now: number) =>
    cache.verify(credential, withCountTime(question, settings), reads, now, stamp);
  return new Decision(settings, ask, new Deadline(settings.deadline), 'verifySync').runSync(settings.now());
}

/**
 * The question, with the instant by which its uses are counted: the host's own clock reading,
 * unless the clock jumped. The highest reading may be that of a clock that ran ahead; it only
 * refuses.
 */
function withCountTime(question: Question, settings: Settings): Question {
  return question.consume === undefined
    ? question
    : { ...question, countedAt: settings.believed(settings.reading()) };
}

/**
 * The verdict of the core on a credential, after the reads that it asks for and after the commit of
 * counted uses. Client input and store failures end in a verdict. It throws for a mistake of the
 * program (an unreadable requirement, a broken clock), and on an abort with the signal's reason.
 */
export function verdictFrom(
  settings: Settings,
  source: CredentialSource,
  ask: (credential: string, reads: Reads, now: number) => Step,
  signal?: AbortSignal,
  operation = 'verify',
): FlatVerdict | Promise<FlatVerdict> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.throwIfAborted();
  const asOf = settings.now();
  const read = readCredential(source);
  if ('refusal' in read) return { valid: false, ...read.refusal, asOf };
  const plan = (reads: Reads, now: number) => ask(read.credential, reads, now);
  return new Decision(settings, plan, deadline, operation).start(asOf);
}

/** How far a decision came synchronously. */
interface DecisionProgress {
  step: AcceptedStep;
  /** The answer of the store to the step, if it is a promise. */
  pending?: Promise<unknown>;
  /** The store failed. */
  failure?: { cause: unknown };
}

/** Runs the plan of one verification: reads what the core needs until it has decided. */
class Decision {
  readonly #settings: Settings;
  readonly #ask: (reads: Reads, now: number) => Step;
  readonly #deadline: Deadline;
  /** The public method, for `onError`. */
  readonly #operation: string;
  #reads = 0;

  constructor(
    settings: Settings,
    ask: (reads: Reads, now: number) => Step,
    deadline: Deadline,
    operation: string,
  ) {
    this.#settings = settings;
    this.#ask = ask;
    this.#deadline = deadline;
    this.#operation = operation;
  }

  /** Decides synchronously as long as the store answers synchronously, then continues async. */
  start(asOf: number): FlatVerdict | Promise<FlatVerdict> {
    const reads: Reads = { values: [], lists: [] };
    const { step, pending, failure } = this.#readSync(reads, asOf, false);
    if ('answer' in step) return this.#verdict(step.answer, asOf, reads);
    // A failed read is retried.
    const begun = failure === undefined ? pending : Promise.reject(failure.cause);
    return this.#continueAsync(asOf, reads, step, begun);
  }

  /**
   * Decides without a promise, and commits a counted use without its lock; `undefined` if the store
   * answers with a promise, or if other processes win the commit.
   */
  runSync(asOf: number): FlatVerdict | undefined {
    for (let attempt = 0; attempt < MAX_SYNC_ATTEMPTS; attempt++) {
      const reads: Reads = { values: [], lists: [] };
      this.#reads = 0;
      const started = attempt === 0 ? asOf : this.#settings.now();
      const { step, pending, failure } = this.#readSync(reads, started, true);
      if (failure !== undefined) return this.#unavailable(failure.cause, asOf);
      if (pending !== undefined) return dropped(pending);
      if ('answer' in step) return this.#verdict(step.answer, asOf, reads);
      if (!('commit' in step)) throw stepError(step);
      try {
        const applied: unknown = this.#settings.verifying.commit(step.commit.writes);
        if (isThenable(applied)) return dropped(applied);
        if (readApplied(applied)) return this.#verdict(step.commit.answer, asOf, reads);
      } catch (failure) {
        return this.#unavailable(failure, asOf);
      }
    }
    return undefined;
  }

  /**
   * Plans and reads until the core has decided, or as far as the store answers synchronously.
   * `started`: the time now. After each read it is read again.
   * `withoutLocks`: reads also what calls of this process take a lock for.
   */
  #readSync(reads: Reads, started: number, withoutLocks: boolean): DecisionProgress {
    for (let now = started; ; now = this.#settings.now()) {
      const step = this.#plan(reads, now);
      if (!('need' in step)) return { step };
      const { keys, queue, list } = step.need;
      if (list !== undefined || (queue !== undefined && !withoutLocks)) return { step };
      try {
        this.#deadline.throwIfPassed();
        this.#countRead();
        const answer: unknown = this.#settings.verifying.get([...keys]);
        if (isThenable(answer)) return { step, pending: answer };
        mergeValues(reads, readValues(keys, answer));
      } catch (cause) {
        this.#deadline.throwIfAborted();
        return { step, failure: { cause } };
      }
    }
  }

  async #continueAsync(
    asOf: number,
    reads: Reads,
    step: AcceptedStep,
    answer: Promise<unknown> | undefined,
  ): Promise<FlatVerdict> {
    let next = step;
    let begun = answer;
    for (;;) {
      if ('answer' in next) return this.#verdict(next.answer, asOf, reads);
      const queue = 'need' in next ? next.need.queue : next.commit.writes[0]?.key;
      const need = 'need' in next ? next.need : { keys: [] };
      if (queue !== undefined) {
        return this.#count(queue, [...reads.values.map(([key]) => key), ...need.keys], asOf);
      }
      try {
        if (begun === undefined) {
          this.#countRead();
          await fetchReads(this.#settings.verifying, need, reads, this.#deadline);
        } else {
          mergeValues(reads, await readKeys(this.#settings.verifying, need.keys, this.#deadline, begun));
        }
      } catch (failure) {
        this.#deadline.throwIfAborted();
        return this.#unavailable(failure, asOf);
      }
      begun = undefined;
      // Decide by the time now: a slow store must not carry a token past its expiry.
      next = this.#plan(reads, this.#settings.now());
    }
  }

  /**
   * Counts the use against limits, batched with the calls that wait for the same counters. On an
   * unknown commit outcome, deny and do not retry: a retry could double-count.
   */
  async #count(queue: string, keys: string[], asOf: number): Promise<FlatVerdict> {
    const decide = (reads: Reads) => this.#plan(reads, this.#settings.now());
    let outcome: Outcome;
    try {
      outcome = await countUse(this.#settings, queue, keys, decide, this.#deadline);
    } catch (failure) {
      this.#deadline.throwIfAborted();
      return this.#unavailable(failure, asOf);
    }
    if ('thrown' in outcome) throw outcome.thrown;
    if ('failure' in outcome) return this.#unavailable(outcome.failure, asOf);
    return this.#verdict(outcome.answer, asOf, outcome.reads);
  }

  #countRead(): void {
    this.#reads += 1;
    if (this.#reads > MAX_READS) throw changedAtEachRead();
  }

  #plan(reads: Reads, now: number): AcceptedStep {
    let step = this.#ask(reads, now);
    // A clock that jumped ahead refuses at once, and admits nothing before its time.
    const trusted = this.#settings.believed(now);
    if (trusted < now && isAdmission(step)) step = this.#ask(reads, trusted);
    if (!('refuse' in step)) return step;
    const error = stepError(step);
    // What the store holds, or what this deployment lacks to read it, is not the caller's fault.
    if (error.code === 'store_unavailable') return { answer: this.#unavailable(error, 0) };
    throw error;
  }

  #verdict(answer: unknown, asOf: number, reads: Reads): FlatVerdict {
    const verdict = answer as FlatVerdict;
    verdict.asOf = asOf;
    return reportDamage(this.#settings, verdict, reads, this.#operation);
  }

  #unavailable(failure: unknown, asOf: number): FlatVerdict {
    return unavailableVerdict(this.#settings, failure, asOf, this.#operation);
  }
}

/** Whether a step decides that the credential is valid. */
function isAdmission(step: Step): boolean {
  const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
  return (answer as FlatVerdict | undefined)?.valid === true;
}

/** The promise is dropped, so its rejection must not go unhandled. */
function dropped(answer: Promise<unknown>): undefined {
  answer.then(undefined, () => {});
  return undefined;
}

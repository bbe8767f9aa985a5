import type { CredentialSource } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { Verdict } from '../api/verification.js';
import type { TokenCache } from '../core/token-cache.js';
import type { ReadStamp } from '../core/verifying-core.js';
import { readCredential } from '../input/credential.js';
import { Deadline, isThenable } from '../runtime/deadline.js';
import { type Question, type Reads, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { fetchReads, readKeys } from '../stores/calls.js';
import { mergeValues, readValues } from '../stores/response.js';
import { type AcceptedStep, countUse, type Outcome } from './counting.js';
import { reportDamage, unavailableVerdict } from './unavailable.js';

/**
 * The most reads of one verification. An imported key, its record and the record's dependencies are
 * three; each further read means that the record changed, and with it its dependencies.
 */
export const MAX_READS = 6;

/** The error for a token that changed during each read. */
export function changedAtEachRead(): LeastkeyError {
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
): Verdict | Promise<Verdict> {
  const ask = (credential: string, reads: Reads, now: number) =>
    cache.verify(credential, withCountTime(question, settings), reads, now, stamp);
  return verdictFrom(settings, source, ask, signal);
}

/**
 * The question, with the instant by which its uses are counted: the host's own clock reading,
 * unless the clock jumped. The highest reading may be that of a clock that ran ahead; it only
 * refuses.
 */
export function withCountTime(question: Question, settings: Settings): Question {
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
): Verdict | Promise<Verdict> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.throwIfAborted();
  const asOf = settings.now();
  const read = readCredential(source);
  if ('refusal' in read) return { valid: false, ...read.refusal, asOf };
  const plan = (reads: Reads, now: number) => ask(read.credential, reads, now);
  return new Decision(settings, plan, deadline, operation).start(asOf);
}

/**
 * How far a decision came synchronously: the reads, the current step, and the pending store answer.
 */
interface DecisionProgress {
  asOf: number;
  reads: Reads;
  step: AcceptedStep;
  answer?: Promise<unknown>;
}

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
  start(asOf: number): Verdict | Promise<Verdict> {
    const reads: Reads = { values: [], lists: [] };
    for (;;) {
      const step = this.#plan(reads);
      if ('answer' in step) return this.#verdict(step.answer, asOf, reads);
      if (!('need' in step) || step.need.queue !== undefined || step.need.list !== undefined)
        return this.#continueAsync({ asOf, reads, step });
      const { keys } = step.need;
      let answer: unknown;
      try {
        this.#deadline.throwIfPassed();
        this.#countRead();
        answer = this.#settings.verifying.get([...keys]);
        if (!isThenable(answer)) mergeValues(reads, readValues(keys, answer));
      } catch (failure) {
        this.#deadline.throwIfAborted();
        answer = Promise.reject(failure);
      }
      if (isThenable(answer)) return this.#continueAsync({ asOf, reads, step, answer });
    }
  }

  async #continueAsync({ asOf, reads, step, answer }: DecisionProgress): Promise<Verdict> {
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
      next = this.#plan(reads);
    }
  }

  /**
   * Counts the use against limits, batched with the calls that wait for the same counters. On an
   * unknown commit outcome, deny and do not retry: a retry could double-count.
   */
  async #count(queue: string, keys: string[], asOf: number): Promise<Verdict> {
    const decide = (reads: Reads) => this.#plan(reads);
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

  #plan(reads: Reads): AcceptedStep {
    const step = this.#ask(reads, this.#settings.now());
    if (!('refuse' in step)) return step;
    const error = stepError(step);
    // What the store holds, or what this deployment lacks to read it, is not the caller's fault.
    if (error.code === 'store_unavailable') return { answer: this.#unavailable(error, 0) };
    throw error;
  }

  #verdict(answer: unknown, asOf: number, reads: Reads): Verdict {
    const verdict = answer as Verdict;
    verdict.asOf = asOf;
    return reportDamage(this.#settings, verdict, reads, this.#operation);
  }

  #unavailable(failure: unknown, asOf: number): Verdict {
    return unavailableVerdict(this.#settings, failure, asOf, this.#operation);
  }
}

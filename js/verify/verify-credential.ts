import type { CredentialSource } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { Verdict } from '../api/verification.js';
import type { ReadStamp, VerifyingCore } from '../core/verifying-core.js';
import { readCredential } from '../input/credential.js';
import { Deadline, isThenable } from '../runtime/deadline.js';
import { type Question, type Reads, refusal, type Step } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { fetchReads, readKeys } from '../stores/calls.js';
import { mergeValues, readValues } from '../stores/response.js';
import { type AcceptedStep, countUse, type Outcome } from './counting.js';
import { reportDamage, unavailableVerdict } from './unavailable.js';

/**
 * The most reads of one verification. A key of another system, its record, and what that rests on are three; from then on the record has
 * changed each time, and with it what is to be read.
 */
export const MAX_READS = 6;

/** What a token rests on is not read twice alike. */
export function changedAtEachRead(): LeastkeyError {
  return new LeastkeyError(
    'store_unavailable',
    `the token was changed at each of ${MAX_READS} reads, so that no two of them belong together; try again`,
  );
}

/** What becomes of a token that was read from the store. */
export interface CacheFill {
  /** Where the core stood before the first read. */
  stamp: ReadStamp;
  /** Is told where the token of a verdict is remembered, in the same turn as the core remembers it. */
  insert(slot: number, verdict: Verdict): void;
}

/** The verdict on a credential, from the store; its token is remembered if somebody wants that. A store that answers at once makes no promise. */
export function verifyCredential(
  core: VerifyingCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
  fill?: CacheFill,
): Verdict | Promise<Verdict> {
  const ask = (credential: string, reads: Reads, now: number) =>
    stepWithCache(core, credential, withCountTime(question, settings), reads, now, fill);
  return verdictFrom(settings, source, ask, signal);
}

/** The question as it is counted: by the host's own reading, unless that jumped. The mark may be that of a clock which was ahead, and only refuses. */
export function withCountTime(question: Question, settings: Settings): Question {
  return question.consume === undefined
    ? question
    : { ...question, countedAt: settings.believed(settings.reading()) };
}

/** One step of a verification, and of fill its token. */
export function stepWithCache(
  core: VerifyingCore,
  credential: string,
  question: Question,
  reads: Reads,
  now: number,
  fill: CacheFill | undefined,
): Step {
  const { step, slot } = core.verify(credential, question, reads, now, fill?.stamp);
  const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
  if (slot !== undefined) fill?.insert(slot, answer as Verdict);
  return step;
}

/**
 * A verdict on a credential, by the core once it has been given what it needs from the store, and once what it spends of the
 * token's limits is committed. Whatever a client sends and whatever a store does ends in a verdict; only a mistake of the
 * program (a requirement that cannot be read, a broken clock) throws, and an abort, with the signal's reason.
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

/** How far a decision came without waiting: what was read, and the step that it stands at, with what the store answered to its need. */
interface Progress {
  asOf: number;
  reads: Reads;
  step: AcceptedStep;
  answer?: Promise<unknown>;
}

class Decision {
  readonly #settings: Settings;
  readonly #ask: (reads: Reads, now: number) => Step;
  readonly #deadline: Deadline;
  /** The method, for whom the host is told of a failure. */
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

  /** Decides at once as far as the store answers at once, and goes on from there. */
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

  async #continueAsync({ asOf, reads, step, answer }: Progress): Promise<Verdict> {
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
      // Decided by the time of the decision: a slow store must not carry a token past its expiry.
      next = this.#plan(reads);
    }
  }

  /** Counts the use against limits, with those that wait for the same ones. On an unknown outcome it is denied: a retry could count it twice. */
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
    const error = refusal(step);
    // What the store holds, or this deployment lacks for it, is a verdict: no fault of whoever asks.
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

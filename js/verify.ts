import { awaited, commitWrites, fetchNeed } from './access.js';
import type { Question, Reads, Step } from './boundary.js';
import { refusal } from './core/step.js';
import type { Mark, VerifyingCore } from './core/verifying.js';
import { type CredentialSource, readCredential } from './credential.js';
import type { Settings } from './options.js';
import { Place } from './queue.js';
import { readValues } from './stored.js';
import { backOff, Deadline, isThenable, TimeLimitError } from './time-limit.js';
import type { Verdict, VerifiedToken } from './types.js';
import { reportDamage, unavailable } from './unavailable.js';

/** What becomes of a token that was read from the store. */
export interface Remembering {
  /** Where the core stood before the first read. */
  mark: Mark;
  /** Is told where the token is remembered, in the same turn as the core remembers it. */
  keep(slot: number, token: VerifiedToken | undefined): void;
}

/** The verdict on a credential, from the store; its token is remembered if somebody wants that. A store that answers at once makes no promise. */
export function verifyCredential(
  core: VerifyingCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
  remembering?: Remembering,
): Verdict | Promise<Verdict> {
  const ask = (credential: string, reads: Reads, now: number) =>
    verifyStep(core, credential, question, reads, now, remembering);
  return decide(settings, source, ask, signal);
}

/** One step of a verification, and of remembering its token. */
export function verifyStep(
  core: VerifyingCore,
  credential: string,
  question: Question,
  reads: Reads,
  now: number,
  remembering: Remembering | undefined,
): Step {
  const { step, slot } = core.verify(credential, question, reads, now, remembering?.mark);
  const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
  if (slot !== undefined) remembering?.keep(slot, (answer as Verdict).token);
  return step;
}

/**
 * A verdict on a credential, by the core once it has been given what it needs from the store, and once what it spends of the
 * token's limits is committed. Whatever a client sends and whatever a store does ends in a verdict; only a mistake of the
 * program (a requirement that cannot be read, a broken clock) throws, and an abort, with the signal's reason.
 */
export function decide(
  settings: Settings,
  source: CredentialSource,
  ask: (credential: string, reads: Reads, now: number) => Step,
  signal?: AbortSignal,
  operation = 'verify',
): Verdict | Promise<Verdict> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.refuseAborted();
  const asOf = settings.now();
  const read = readCredential(source);
  if ('refusal' in read) return { valid: false, ...read.refusal, asOf };
  const plan = (reads: Reads, now: number) => ask(read.credential, reads, now);
  return new Decision(settings, plan, deadline, operation).atOnce(asOf);
}

/** How far a decision came without waiting: what was read, and the step that it stands at, with what the store answered to its need. */
interface Begun {
  asOf: number;
  reads: Reads;
  step: Step;
  answer?: Promise<unknown>;
}

class Decision {
  readonly #settings: Settings;
  readonly #ask: (reads: Reads, now: number) => Step;
  readonly #deadline: Deadline;
  /** The method, for whom the host is told of a failure. */
  readonly #operation: string;
  #place: Place | undefined;
  /** What the store or the time limit threw last. */
  #failure: unknown;

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
  atOnce(asOf: number): Verdict | Promise<Verdict> {
    const reads: Reads = { values: [], lists: [] };
    for (;;) {
      const step = this.#ask(reads, this.#settings.now());
      if ('answer' in step) return this.#told(step.answer, asOf, reads);
      if ('refuse' in step) throw refusal(step);
      if (!('need' in step) || step.need.queue !== undefined || step.need.list !== undefined)
        return this.#goOn({ asOf, reads, step });
      const { keys } = step.need;
      try {
        this.#deadline.refusePassed();
        const answer: unknown = this.#settings.verifying.get([...keys]);
        if (isThenable(answer)) return this.#goOn({ asOf, reads, step, answer });
        reads.values.push(...readValues(keys, answer));
      } catch (failure) {
        this.#deadline.refuseAborted();
        return unavailable(this.#settings, failure, asOf, this.#operation);
      }
    }
  }

  async #goOn(begun: Begun): Promise<Verdict> {
    try {
      return await this.#run(begun);
    } finally {
      this.#place?.leave();
    }
  }

  async #run(begun: Begun): Promise<Verdict> {
    for (let attempt = 0; ; attempt++) {
      const asOf = attempt === 0 ? begun.asOf : this.#settings.now();
      const reads: Reads = attempt === 0 ? begun.reads : { values: [], lists: [] };
      const step = await this.#decide(reads, attempt === 0 ? begun : undefined);
      if (step === undefined) return this.#unavailable(asOf);
      if ('answer' in step) return this.#told(step.answer, asOf, reads);
      if (!('commit' in step)) throw refusal(step);
      const { writes, answer } = step.commit;
      // Of unknown outcome is no yes, and not tried again either: it could be spent twice.
      const applied = await this.#reach(() => commitWrites(this.#settings.verifying, writes, this.#deadline));
      if (applied === undefined) return this.#unavailable(asOf);
      if (applied) return this.#told(answer, asOf, reads);
      if (!(await backOff(attempt, this.#deadline))) {
        this.#failure = new TimeLimitError('other writers were faster until the deadline');
        return this.#unavailable(asOf);
      }
    }
  }

  /** Asks and reads until the core has decided; nothing when the store could not be read. */
  async #decide(reads: Reads, begun: Begun | undefined): Promise<Step | undefined> {
    let { step, answer } = begun ?? { step: this.#ask(reads, this.#settings.now()) };
    for (;;) {
      if (!('need' in step)) return step;
      const { need } = step;
      const waiting = answer;
      answer = undefined;
      const fetched = await this.#reach(async () => {
        if (need.queue !== undefined) await this.#take(need.queue);
        if (waiting === undefined) await fetchNeed(this.#settings.verifying, need, reads, this.#deadline);
        else reads.values.push(...readValues(need.keys, await awaited(waiting, this.#deadline)));
        return true;
      });
      if (fetched === undefined) return undefined;
      // Decided by the time of the decision: a slow store must not carry a token past its expiry.
      step = this.#ask(reads, this.#settings.now());
    }
  }

  async #take(queue: string): Promise<void> {
    this.#place ??= new Place(this.#settings.verifying);
    await this.#place.take(queue, this.#deadline);
  }

  /** What a call of the store comes to; nothing when the store did not do its part. */
  async #reach<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (failure) {
      this.#deadline.refuseAborted();
      this.#failure = failure;
      return undefined;
    }
  }

  #told(answer: unknown, asOf: number, reads: Reads): Verdict {
    const verdict = answer as Verdict;
    verdict.asOf = asOf;
    return reportDamage(this.#settings, verdict, reads, this.#operation);
  }

  #unavailable(asOf: number): Verdict {
    return unavailable(this.#settings, this.#failure, asOf, this.#operation);
  }
}

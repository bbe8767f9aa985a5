import { commitWrites, fetchNeed } from './access.js';
import type { Question, Reads, Step } from './boundary.js';
import { WRAPPER_REFUSALS } from './codes.js';
import { refusal } from './core/step.js';
import type { Mark, VerifyingCore } from './core/verifying.js';
import { type CredentialSource, readCredential } from './credential.js';
import type { Settings } from './options.js';
import { Place } from './queue.js';
import { backOff, Deadline } from './time-limit.js';
import type { Verdict, VerifiedToken } from './types.js';

/** What becomes of a token that was read from the store. */
export interface Remembering {
  /** Where the core stood before the first read. */
  mark: Mark;
  /** Is told where the token is remembered, in the same turn as the core remembers it. */
  keep(slot: number, token: VerifiedToken | undefined): void;
}

/** The verdict on a credential, from the store; its token is remembered if somebody wants that. */
export async function verifyCredential(
  core: VerifyingCore,
  settings: Settings,
  source: CredentialSource,
  question: Question,
  signal?: AbortSignal,
  remembering?: Remembering,
): Promise<Verdict> {
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
export async function decide(
  settings: Settings,
  source: CredentialSource,
  ask: (credential: string, reads: Reads, now: number) => Step,
  signal?: AbortSignal,
): Promise<Verdict> {
  const deadline = new Deadline(settings.deadline, signal);
  deadline.refuseAborted();
  const asOf = settings.now();
  const read = readCredential(source);
  if ('refusal' in read) return { valid: false, ...read.refusal, asOf };
  const decision = new Decision(settings, (reads, now) => ask(read.credential, reads, now), deadline);
  try {
    return await decision.run();
  } finally {
    decision.leaveQueue();
  }
}

class Decision {
  readonly #settings: Settings;
  readonly #ask: (reads: Reads, now: number) => Step;
  readonly #deadline: Deadline;
  readonly #place: Place;

  constructor(settings: Settings, ask: (reads: Reads, now: number) => Step, deadline: Deadline) {
    this.#settings = settings;
    this.#ask = ask;
    this.#deadline = deadline;
    this.#place = new Place(settings.verifying);
  }

  async run(): Promise<Verdict> {
    for (let attempt = 0; ; attempt++) {
      const asOf = this.#settings.now();
      const unavailable: Verdict = { valid: false, ...WRAPPER_REFUSALS.storeUnavailable, asOf };
      const step = await this.#decide();
      if (step === undefined) return unavailable;
      if ('answer' in step) return { ...(step.answer as Verdict), asOf };
      if (!('commit' in step)) throw refusal(step);
      const { writes, answer } = step.commit;
      // Of unknown outcome is no yes, and not tried again either: it could be spent twice.
      const applied = await this.#reach(() => commitWrites(this.#settings.verifying, writes, this.#deadline));
      if (applied === undefined) return unavailable;
      if (applied) return { ...(answer as Verdict), asOf };
      if (!(await backOff(attempt, this.#deadline))) return unavailable;
    }
  }

  leaveQueue(): void {
    this.#place.leave();
  }

  /** Asks and reads until the core has decided; nothing when the store could not be read. */
  async #decide(): Promise<Step | undefined> {
    const reads: Reads = { values: [], lists: [] };
    for (;;) {
      // Decided by the time of the decision: a slow store must not carry a token past its expiry.
      const step = this.#ask(reads, this.#settings.now());
      if (!('need' in step)) return step;
      const { need } = step;
      const fetched = await this.#reach(async () => {
        if (need.queue !== undefined) await this.#place.take(need.queue, this.#deadline);
        await fetchNeed(this.#settings.verifying, need, reads, this.#deadline);
        return true;
      });
      if (fetched === undefined) return undefined;
    }
  }

  /** What a call of the store comes to; nothing when the store did not do its part. */
  async #reach<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch {
      this.#deadline.refuseAborted();
      return undefined;
    }
  }
}

/** A verification on a store that answers at once: no promise is made. */

import type { Verdict } from '../api/verification.js';
import type { VerifyingCore } from '../core/verifying-core.js';
import { type Question, type Reads, refusal, type Step } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { addValues, readApplied, readValues } from '../stores/response.js';
import { reportDamage, unavailable } from './unavailable.js';
import { counted, MOST_READS, type Remembering, restless, verifyStep } from './verify-credential.js';

/** How often a count against a limit is tried when other processes are faster: beyond that somebody has to wait. */
const ATTEMPTS = 2;

/** The store does not answer at once. */
class NotAtOnce extends Error {}

/** The verdict; nothing when the store does not answer at once, or a count against a limit needs to wait for other writers. */
export function verifyAtOnce(
  core: VerifyingCore,
  settings: Settings,
  credential: string,
  question: Question,
  remembering?: Remembering,
): Verdict | undefined {
  const asOf = settings.now();
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reads: Reads = { values: [], lists: [] };
      const step = decide(core, settings, credential, question, reads, remembering);
      if ('refuse' in step) throw refusal(step);
      if ('answer' in step)
        return reportDamage(settings, { ...(step.answer as Verdict), asOf }, reads, 'verifySync');
      if (!('commit' in step)) throw refusal(step);
      const { writes, answer } = step.commit;
      if (reached(() => readApplied(atOnce(settings.verifying.commit(writes)))))
        return { ...(answer as Verdict), asOf };
    }
  } catch (error) {
    if (error instanceof NotAtOnce) return undefined;
    if (!(error instanceof Unavailable)) throw error;
    return unavailable(settings, error.cause, asOf, 'verifySync');
  }
  return undefined;
}

/** Asks and reads until the core has decided. */
function decide(
  core: VerifyingCore,
  settings: Settings,
  credential: string,
  question: Question,
  reads: Reads,
  remembering: Remembering | undefined,
): Step {
  for (let count = 0; ; count++) {
    const step = verifyStep(
      core,
      credential,
      counted(question, settings),
      reads,
      settings.now(),
      remembering,
    );
    if (!('need' in step)) return step;
    if (count >= MOST_READS) throw new Unavailable('the store failed', { cause: restless() });
    const { keys } = step.need;
    addValues(
      reads,
      reached(() => readValues(keys, atOnce<unknown>(settings.verifying.get([...keys])))),
    );
  }
}

/** The store did not do its part. */
class Unavailable extends Error {}

function reached<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof NotAtOnce) throw cause;
    throw new Unavailable('the store failed', { cause });
  }
}

/** What a store answered, if it is there already. */
function atOnce<T>(answer: T | PromiseLike<T>): T {
  if (!isPromise(answer)) return answer;
  // Nobody waits for it any more, so nobody is to be told that it failed.
  answer.then(undefined, () => {});
  throw new NotAtOnce();
}

/** By its method, because a promise of another realm is an instance of nothing here. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

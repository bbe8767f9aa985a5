/** Verification with a synchronous store. It creates no promise. */

import type { MaybePromise } from '../api/store.js';
import type { Verdict } from '../api/verification.js';
import type { TokenCache } from '../core/token-cache.js';
import type { ReadStamp } from '../core/verifying-core.js';
import { isThenable } from '../runtime/deadline.js';
import { type Question, type Reads, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { mergeValues, readApplied, readValues } from '../stores/response.js';
import { reportDamage, unavailableVerdict } from './unavailable.js';
import { changedAtEachRead, MAX_READS, withCountTime } from './verify-credential.js';

/**
 * How often a counted use is tried when other processes win the commit. More would have to wait.
 */
const MAX_ATTEMPTS = 2;

/** The store answered with a promise. */
class AsyncStoreError extends Error {}

/**
 * The verdict; `undefined` if the store answers with a promise, or if counting a use has to wait
 * for other writers.
 */
export function verifyCredentialSync(
  cache: TokenCache,
  settings: Settings,
  credential: string,
  question: Question,
  stamp?: ReadStamp,
): Verdict | undefined {
  const asOf = settings.now();
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const reads: Reads = { values: [], lists: [] };
      const step = planSync(cache, settings, credential, question, reads, stamp);
      if ('refuse' in step) throw stepError(step);
      if ('answer' in step)
        return reportDamage(settings, { ...(step.answer as Verdict), asOf }, reads, 'verifySync');
      if (!('commit' in step)) throw stepError(step);
      const { writes, answer } = step.commit;
      if (callSync(() => readApplied(requireSync(settings.verifying.commit(writes)))))
        return { ...(answer as Verdict), asOf };
    }
  } catch (error) {
    if (error instanceof AsyncStoreError) return undefined;
    if (!(error instanceof StoreFailure)) throw error;
    return unavailableVerdict(settings, error.cause, asOf, 'verifySync');
  }
  return undefined;
}

/** Plans and reads until the core has decided. */
function planSync(
  cache: TokenCache,
  settings: Settings,
  credential: string,
  question: Question,
  reads: Reads,
  stamp: ReadStamp | undefined,
): Step {
  for (let count = 0; ; count++) {
    const step = cache.verify(credential, withCountTime(question, settings), reads, settings.now(), stamp);
    if (!('need' in step)) return step;
    if (count >= MAX_READS) throw new StoreFailure('the store failed', { cause: changedAtEachRead() });
    const { keys } = step.need;
    mergeValues(
      reads,
      callSync(() => readValues(keys, requireSync<unknown>(settings.verifying.get([...keys])))),
    );
  }
}

/** A call of the store failed. */
class StoreFailure extends Error {}

function callSync<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof AsyncStoreError) throw cause;
    throw new StoreFailure('the store failed', { cause });
  }
}

/** The answer of a synchronous store. */
function requireSync<T>(answer: MaybePromise<T>): T {
  if (!isThenable(answer)) return answer;
  // The promise is dropped, so its rejection must not go unhandled.
  answer.then(undefined, () => {});
  throw new AsyncStoreError();
}

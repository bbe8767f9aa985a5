import type { MaybePromise } from '../api/store.js';

/** The first retry waits at most this long, each later one at most twice the one before. */
const FIRST_BACKOFF = 2;
const MAX_BACKOFF = 250;

/** What {@link withTimeout} throws when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * The answer, if it comes within `milliseconds` and before an abort. An answer that is there already costs no timer, and
 * neither a timer nor a listener is left behind. What comes too late, a rejection too, is dropped.
 */
export async function withTimeout<T>(
  answer: MaybePromise<T>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<T> {
  if (!isThenable(answer)) return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = () => {};
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeoutError(`no answer within ${Math.ceil(milliseconds)} ms`)),
      milliseconds,
    );
    abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/**
 * Waits before a call's next attempt, a jittered moment that grows with each. `false`: the deadline has passed.
 *
 * @throws the signal's reason on an abort.
 */
export async function backOff(attempt: number, deadline: Deadline): Promise<boolean> {
  const longest = Math.min(FIRST_BACKOFF * 2 ** attempt, MAX_BACKOFF);
  await sleep(Math.min(Math.random() * longest, deadline.left), deadline.signal);
  return deadline.left > 0;
}

/** Resolves after `milliseconds`. An abort ends it with the signal's reason. */
async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await withTimeout(new Promise<never>(() => {}), milliseconds, signal);
  } catch (end) {
    if (!(end instanceof TimeoutError)) throw end;
  }
}

/**
 * Lets everything else have its turn: timers, requests, signals. Where a store answers at once, a call that goes through many pages is one
 * chain of microtasks otherwise, and nothing else runs until it is over.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    // Of those that have it, `setTimeout` waits at least a millisecond longer, which many pages feel.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/** By its method, because a promise of another realm is an instance of nothing here. */
export function isThenable<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A moment that a call must not pass, on a clock that nobody sets, and the caller's own signal to end it before. */
export class Deadline {
  /** Milliseconds from its start to its end. */
  readonly total: number;
  readonly signal: AbortSignal | undefined;
  readonly #ends: number;

  constructor(milliseconds: number, signal?: AbortSignal) {
    this.total = milliseconds;
    this.signal = signal;
    this.#ends = performance.now() + milliseconds;
  }

  /** Milliseconds left; 0 when it has passed. */
  get left(): number {
    return Math.max(0, this.#ends - performance.now());
  }

  /** @throws the signal's reason when the caller has aborted. */
  throwIfAborted(): void {
    if (this.signal?.aborted) throw this.signal.reason;
  }

  /** @throws {TimeoutError} when it has passed; the signal's reason when the caller has aborted. */
  throwIfPassed(): void {
    this.throwIfAborted();
    if (this.left === 0) throw new TimeoutError(`no time left of ${this.total} ms`);
  }
}

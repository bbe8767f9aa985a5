import type { MaybePromise } from '../api/store.js';

/** The longest wait before the first retry, in milliseconds. It doubles with each retry. */
const FIRST_BACKOFF = 2;
const MAX_BACKOFF = 250;

/** Thrown by {@link withTimeout}. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * The answer, if it settles within `milliseconds` and before an abort. A synchronous answer starts
 * no timer, and no timer or listener is left behind. A late answer or rejection is dropped.
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
 * Waits before the next attempt: exponential backoff with jitter. `false`: the deadline has passed.
 *
 * @throws the signal's reason on an abort.
 */
export async function backOff(attempt: number, deadline: Deadline): Promise<boolean> {
  const longest = Math.min(FIRST_BACKOFF * 2 ** attempt, MAX_BACKOFF);
  await sleep(Math.min(Math.random() * longest, deadline.left), deadline.signal);
  return deadline.left > 0;
}

/** Resolves after `milliseconds`; rejects with the signal's reason on an abort. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await withTimeout(new Promise<never>(() => {}), milliseconds, signal);
  } catch (end) {
    if (!(end instanceof TimeoutError)) throw end;
  }
}

/**
 * Lets timers, requests and signals run. With a synchronous store, a call over many pages is one
 * chain of microtasks otherwise, which blocks the event loop.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    // `setTimeout` waits at least a millisecond, which adds up over many pages.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/** By its method: a promise of another realm fails `instanceof`. */
export function isThenable<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** The deadline of a call, by the monotonic clock, and the signal of its caller. */
export class Deadline {
  /** The duration from start to end, in milliseconds. */
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
    if (this.left === 0) throw new TimeoutError(`the deadline of ${this.total} ms has passed`);
  }
}

import type { MaybePromise } from './stores/store.js';

/** What {@link within} throws when the time is over. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * The answer, if it comes within `milliseconds` and before an abort. An answer that is there already costs no timer, and
 * neither a timer nor a listener is left behind. What comes too late, a rejection too, is dropped.
 */
export async function within<T>(
  answer: MaybePromise<T>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<T> {
  if (!isThenable(answer)) return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = () => {};
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeLimitError(`no answer within ${Math.ceil(milliseconds)} ms`)),
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

/** Resolves after `milliseconds`. An abort ends it with the signal's reason. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await within(new Promise<never>(() => {}), milliseconds, signal);
  } catch (end) {
    if (!(end instanceof TimeLimitError)) throw end;
  }
}

function isThenable<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A moment that a call must not pass, on a clock that nobody sets, and the caller's own signal to end it before. */
export class Deadline {
  /** Milliseconds from its start to its end. */
  readonly whole: number;
  readonly signal: AbortSignal | undefined;
  readonly #ends: number;

  constructor(milliseconds: number, signal?: AbortSignal) {
    this.whole = milliseconds;
    this.signal = signal;
    this.#ends = performance.now() + milliseconds;
  }

  /** Milliseconds left; 0 when it has passed. */
  get left(): number {
    return Math.max(0, this.#ends - performance.now());
  }

  /** @throws the signal's reason when the caller has aborted. */
  refuseAborted(): void {
    if (this.signal?.aborted) throw this.signal.reason;
  }

  /** @throws {TimeLimitError} when it has passed; the signal's reason when the caller has aborted. */
  refusePassed(): void {
    this.refuseAborted();
    if (this.left === 0) throw new TimeLimitError(`no time left of ${this.whole} ms`);
  }
}

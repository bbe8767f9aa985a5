import type { MaybePromise } from './stores/store.js';

/** What {@link within} throws when the time is over. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * The answer, if it comes within `milliseconds`. An answer that is there already costs no timer, and no timer is left
 * behind to keep a script alive. What comes too late, a rejection too, is dropped.
 */
export async function within<T>(answer: MaybePromise<T>, milliseconds: number): Promise<T> {
  if (!isThenable(answer)) return answer;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeLimitError(`no answer within ${Math.ceil(milliseconds)} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `milliseconds`. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

function isThenable<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A moment that a call must not pass, on a clock that nobody sets. */
export class Deadline {
  /** Milliseconds from its start to its end. */
  readonly whole: number;
  readonly #ends: number;

  constructor(milliseconds: number) {
    this.whole = milliseconds;
    this.#ends = performance.now() + milliseconds;
  }

  /** Milliseconds left; 0 when it has passed. */
  get left(): number {
    return Math.max(0, this.#ends - performance.now());
  }

  /** @throws {TimeLimitError} when it has passed. */
  refusePassed(): void {
    if (this.left === 0) throw new TimeLimitError(`no time left of ${this.whole} ms`);
  }
}

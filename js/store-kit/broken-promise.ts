import type { Call } from './call.js';
import type { PromiseId } from './promises.js';

/** Thrown by a check: which promise the store broke, what was seen, and the calls that show it. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';

  constructor(
    readonly promise: PromiseId,
    message: string,
    readonly history: readonly Call[] = [],
  ) {
    super(message);
  }
}

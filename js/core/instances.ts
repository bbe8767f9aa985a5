import { LeastkeyError } from '../api/errors.js';

/**
 * The instances of a module, one at a time. Nothing that a call needs stays in one between two
 * calls, so after a trap a fresh one serves the next.
 */
export class Instances {
  readonly #restart: () => void;
  /** Counts the instances; objects made in an earlier one are dead. */
  #epoch = 0;
  /**
   * Whether the instance trapped: its memory may be in any state, so nothing more is asked of it.
   */
  #trapped = false;

  /** `restart` puts a fresh instance in the place of the one that trapped. */
  constructor(restart: () => void) {
    this.#restart = restart;
  }

  /** Changes with every instance; -1 while there is none. */
  get epoch(): number {
    return this.#trapped ? -1 : this.#epoch;
  }

  /**
   * Runs a call into wasm. Whatever it throws has cut through Rust code that was not done, so the
   * instance is given up, not only after a trap.
   */
  run<T>(call: () => T): T {
    try {
      if (this.#trapped) {
        this.#restart();
        this.#epoch += 1;
        this.#trapped = false;
      }
      return call();
    } catch (cause) {
      throw this.failure(cause);
    }
  }

  /** The error for what a call into wasm threw, whose instance is given up. */
  failure(cause: unknown): LeastkeyError {
    if (cause instanceof LeastkeyError) return cause;
    this.#trapped = true;
    return new LeastkeyError(
      'internal',
      'the WebAssembly core stopped; a fresh instance serves the next call',
      { cause },
    );
  }
}

/** Loads a module once; a failure is not remembered, so that the next attempt may succeed. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return async () => {
    loading ??= load();
    try {
      return await loading;
    } catch (cause) {
      loading = undefined;
      throw new LeastkeyError(
        'internal',
        `the WebAssembly core could not be loaded: ${(cause as Error).message}`,
        { cause },
      );
    }
  };
}

import { LeastkeyError } from '../api/errors.js';

/**
 * The instances of a module, one at a time. An instance keeps no state that a later call needs, so
 * after a trap a fresh one serves the next call.
 */
export class Instances {
  readonly #restart: () => void;
  /** Counts the instances. Objects of an earlier one are invalid. */
  #epoch = 0;
  /** Whether the instance trapped: its memory may be in any state, so it is not called again. */
  #trapped = false;

  /** `restart` replaces the instance that trapped. */
  constructor(restart: () => void) {
    this.#restart = restart;
  }

  /** Changes with every instance; -1 if there is none. */
  get epoch(): number {
    return this.#trapped ? -1 : this.#epoch;
  }

  /**
   * Runs a call into wasm. Any exception, not only a trap, has interrupted Rust code, so the
   * instance is given up.
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

  /** The error for an exception of a call into wasm. The instance is given up. */
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

/** Loads a module that the host gave. */
export type GivenLoader = () => WebAssembly.Module | Promise<WebAssembly.Module>;

/**
 * Loads a module once, also where the host gave it. A failure is not cached, so that the next
 * attempt may succeed.
 */
export function loadOnce<T>(load: (given?: GivenLoader) => Promise<T>): (given?: GivenLoader) => Promise<T> {
  let loading: Promise<T> | undefined;
  return async (given) => {
    loading ??= load(given);
    try {
      return await loading;
    } catch (cause) {
      loading = undefined;
      throw loadError(cause);
    }
  };
}

/** The error for a module that could not be loaded. */
export function loadError(cause: unknown): LeastkeyError {
  if (cause instanceof LeastkeyError) return cause;
  return new LeastkeyError(
    'internal',
    `the WebAssembly core could not be loaded: ${(cause as Error).message}; if a bundler lost it, or this runtime compiles no modules, keep leastkey out of the bundle or set the option "module": docs/bundlers.md`,
    { cause },
  );
}

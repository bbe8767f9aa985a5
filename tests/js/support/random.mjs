/** Reproducible random choices: the same seed gives the same choices. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `end` (mulberry32). */
  below(end) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  /** True once in `times`. */
  once(times) {
    return this.below(times) === 0;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  /** Up to `most` items, none twice, in any order. */
  some(items, most) {
    const left = [...items];
    return Array.from({ length: this.below(Math.min(most, left.length) + 1) }, () =>
      left.splice(this.below(left.length), 1),
    ).flat();
  }
}

/** The seed of this run: `LEASTKEY_SEED` to repeat one that failed. */
export const seed = Number(process.env.LEASTKEY_SEED ?? Date.now() % 2 ** 32);

/** Reproducible random choices: the same seed gives the same choices. */
export class Random {
  constructor(seed: number);
  below(end: number): number;
  once(times: number): boolean;
  pick<T>(items: readonly T[]): T;
  some<T>(items: readonly T[], most: number): T[];
}

/** The seed of this run: `LEASTKEY_SEED` to repeat one that failed. */
export const seed: number;

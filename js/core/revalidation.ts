/**
 * Revalidation of cached tokens, where each verification reads the store: a token that was made of
 * the same values is the same, and its record is not read again. RFC 9111, section 4.3, does so
 * with validators; here the values themselves are compared.
 */

/** The values that a cached token was made of, with their keys. */
export interface Origin {
  keys: readonly string[];
  values: readonly (string | null)[];
}

/** How many characters of values are kept, which is those of some 3,000 tokens. */
const MAX_LENGTH = 4_194_304;

/** The origins of cached tokens, by their slots. */
export class Revalidation {
  #origins: (Origin | undefined)[] = [];
  #length = 0;

  /** What the token in a slot was made of. */
  of(slot: number): Origin | undefined {
    return this.#origins[slot];
  }

  /** Notes what the token was made of that a slot has got; `undefined`: it is not revalidated. */
  note(slot: number, origin: Origin | undefined): void {
    const length = lengthOf(origin);
    if (this.#length + length > MAX_LENGTH) this.clear();
    // Without gaps, which would make the array slow.
    while (this.#origins.length < slot) this.#origins.push(undefined);
    this.#length += length - lengthOf(this.#origins[slot]);
    this.#origins[slot] = origin;
  }

  clear(): void {
    this.#origins = [];
    this.#length = 0;
  }
}

/** Whether these are exactly the values of an origin, in its order. */
export function isMadeOf(
  { keys, values }: Origin,
  read: readonly (readonly [key: string, value: string | null])[],
): boolean {
  if (read.length !== keys.length) return false;
  for (let at = 0; at < keys.length; at++) {
    const [key, value] = read[at] as readonly [string, string | null];
    if (key !== keys[at] || value !== values[at]) return false;
  }
  return true;
}

function lengthOf(origin: Origin | undefined): number {
  let length = 0;
  for (const value of origin?.values ?? []) length += value?.length ?? 0;
  return length;
}

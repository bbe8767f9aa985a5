/** How many distinct texts, and how many distinct lists, are kept. */
const MAX_TEXTS = 4_096;
const MAX_LISTS = 256;

/**
 * The parts that many tokens have: equal ones share one value in memory, and a known one is not
 * parsed. Keys are never slices of a record, which would keep the whole record in memory.
 */
export class SharedParts {
  readonly #texts = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  /** Lists by their JSON texts, which have one form only. */
  readonly #lists = new Map<string, string[]>();
  /** The same by the numbers that one instance of the core gives them. */
  readonly #numbered = new Map<number, string[]>();
  #epoch = -1;

  /** The text with this JSON text. */
  text(json: string): string {
    let text = this.#texts.get(json);
    if (text === undefined) {
      text = JSON.parse(json) as string;
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      this.#texts.set(JSON.stringify(text), text);
    }
    return text;
  }

  /** The key of the account whose id has this JSON text. */
  accountKey(json: string): string {
    let key = this.#keys.get(json);
    if (key === undefined) {
      const id = this.text(json);
      if (this.#keys.size >= MAX_TEXTS) this.#keys.clear();
      key = `account/${id.replaceAll('/', '%2F')}`;
      this.#keys.set(JSON.stringify(id), key);
    }
    return key;
  }

  /**
   * The frozen list of permissions with this JSON text. `number` is what an instance of the core,
   * the `epoch`-th, calls it; 0 for a list that has no number.
   */
  list(json: string, number: number, epoch: number): string[] {
    if (epoch !== this.#epoch) {
      this.#numbered.clear();
      this.#epoch = epoch;
    }
    const known = this.#numbered.get(number);
    if (known !== undefined) return known;
    const list = this.#listOf(json);
    if (this.#numbered.size >= MAX_LISTS) this.#numbered.clear();
    if (number > 0) this.#numbered.set(number, list);
    return list;
  }

  #listOf(json: string): string[] {
    const known = this.#lists.get(json);
    if (known !== undefined) return known;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    const list = (JSON.parse(json) as string[]).map((permission) => this.text(JSON.stringify(permission)));
    Object.freeze(list);
    this.#lists.set(JSON.stringify(list), list);
    return list;
  }
}

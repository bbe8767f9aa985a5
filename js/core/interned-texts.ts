/** How many distinct texts are kept. */
const MAX_TEXTS = 4_096;

/** Texts that many tokens have: equal ones share one text in memory. */
export class InternedTexts {
  readonly #texts = new Map<string, string>();

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

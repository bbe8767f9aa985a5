import { InternedTexts } from './interned-texts.js';

/** How many distinct lists are kept. Tokens with equal lists share one. */
const MAX_LISTS = 256;

/** The lists of permissions of the tokens that are kept: they are most of a token's size. */
export class PermissionLists {
  /** By their JSON texts, so that a known list is not parsed. */
  readonly #lists = new Map<string, string[]>();
  readonly #permissions = new InternedTexts();

  /** The list with this JSON text, frozen. Its text has one form only. */
  of(text: string): string[] {
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    const list = (JSON.parse(text) as string[]).map((permission) => this.#permissions.of(permission));
    Object.freeze(list);
    // Not the text itself, which is a slice and would keep the whole record in memory.
    this.#lists.set(JSON.stringify(list), list);
    return list;
  }
}

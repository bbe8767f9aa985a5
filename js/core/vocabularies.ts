/**
 * Vocabularies: parts of a catalog's permissions, to which the records of tokens with many of them
 * refer. A record says by a bit for each id which it holds.
 */

/** The names of stored vocabularies begin with it. */
const KEYS = 'vocab/';

/** How many are kept. Each has less than 64 kB. */
const FULL = 256;

/** The ids in one character of `held`, and its alphabet: RFC 4648 section 5. */
const BITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A list over vocabularies: what it has of each; all, without `held`. */
export interface CodedList {
  coded: { vocabulary: string; held?: string }[];
}

/** A stored vocabulary. Its ids are read from the text when they are asked for. */
class Vocabulary {
  readonly #text: string;
  #ids: readonly string[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  get ids(): readonly string[] {
    this.#ids ??= idsIn(JSON.parse(this.#text));
    return this.#ids;
  }
}

/** The vocabularies that were read, by their keys. Each is named by its hash, so none is stale. */
export class Vocabularies {
  readonly #known = new Map<string, Vocabulary>();

  isFull(): boolean {
    return this.#known.size >= FULL;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  textOf(key: string): string | undefined {
    return this.#known.get(key)?.text;
  }

  /** Keeps a text that the core has found to be the vocabulary of the key. */
  keep(key: string, text: string): void {
    this.#known.set(key, new Vocabulary(text));
  }

  /** The ids of a list, all of whose vocabularies are known. */
  idsOf({ coded }: CodedList): string[] {
    return coded.flatMap(({ vocabulary, held }) => {
      const { ids } = this.#known.get(KEYS + vocabulary) as Vocabulary;
      return heldIds(ids, held);
    });
  }
}

/** Whether a text of the core names keys of vocabularies. */
export function namesVocabularies(text: string): boolean {
  return text.startsWith(KEYS);
}

/**
 * An object whose list of permissions is made when it is asked for: it may have 20,000 ids, and
 * most who verify a token do not read them.
 */
export function withLazyPermissions<T extends { permissions: string[] }>(object: T, ids: () => string[]): T {
  let made: string[] | undefined;
  const get = () => {
    made ??= Object.freeze(ids()) as string[];
    return made;
  };
  return Object.defineProperty(object, 'permissions', { get, enumerable: true, configurable: true });
}

/** Whether the permissions of an object are made when they are asked for. */
export function hasLazyPermissions(object: { permissions: string[] }): boolean {
  return Object.getOwnPropertyDescriptor(object, 'permissions')?.get !== undefined;
}

/** With a record key, a stored value is sealed: the vocabulary is its member `value`. */
function idsIn(stored: { ids: string[] } | { value: { ids: string[] } }): string[] {
  return 'value' in stored ? stored.value.ids : stored.ids;
}

function heldIds(ids: readonly string[], held: string | undefined): readonly string[] {
  if (held === undefined) return ids;
  const bitsOf = (at: number) => ALPHABET.indexOf(held.charAt(Math.floor(at / BITS)));
  return ids.filter((_, at) => ((bitsOf(at) >> (at % BITS)) & 1) === 1);
}

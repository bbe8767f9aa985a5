import { isObject, listAt, listed, type Members } from './lenient-reader.js';

/** One security requirement of a document: all of these scopes, with all of these schemes. */
interface Alternative {
  scopes: string[];
  /** Required schemes without a scope, such as an API key. */
  schemes: string[];
}

/** The result of a list of alternatives. */
interface Security {
  /** Every scope in it. */
  scopes: readonly string[];
  /** The scopes that a route requires, all of them. None: the document requires no scope. */
  chosen: readonly string[];
  /** What the document requires besides, or accepts as well, as text. */
  besides: string | undefined;
  others: string | undefined;
}

/** The security of operations. Many share the list of the document, which is read once. */
export class Securities {
  readonly #root: readonly unknown[];
  readonly #read = new Map<readonly unknown[], Security>();

  constructor(root: Members) {
    this.#root = listAt(root, 'security') ?? [];
  }

  /** `isNew`: no operation before had the same list. */
  of(operation: Members): Security & { isNew: boolean } {
    const list = listAt(operation, 'security') ?? this.#root;
    const known = this.#read.get(list);
    if (known !== undefined) return { ...known, isNew: false };
    const security = readSecurity(list);
    this.#read.set(list, security);
    return { ...security, isNew: true };
  }
}

function readSecurity(list: readonly unknown[]): Security {
  const alternatives = list.map(alternativeOf);
  const first =
    alternatives.find(({ scopes }) => scopes.length === 1) ??
    alternatives.find(({ scopes }) => scopes.length > 1);
  const others = alternatives.filter((alternative) => !isSame(alternative, first));
  return {
    scopes: alternatives.flatMap(({ scopes }) => scopes),
    chosen: first?.scopes ?? [],
    besides: first && first.schemes.length > 0 ? listed(first.schemes, ' and ') : undefined,
    others: others.length > 0 ? inWords(others) : undefined,
  };
}

function alternativeOf(requirement: unknown): Alternative {
  const schemes = Object.entries(isObject(requirement) ? requirement : {});
  return {
    scopes: [...new Set(schemes.flatMap(([, scopes]) => textsOf(scopes)))],
    schemes: schemes.filter(([, scopes]) => textsOf(scopes).length === 0).map(([name]) => name),
  };
}

function isSame(one: Alternative, other: Alternative | undefined): boolean {
  return one.scopes.join('\n') === other?.scopes.join('\n');
}

function inWords(alternatives: readonly Alternative[]): string {
  const words = alternatives.map(
    ({ scopes, schemes }) => listed([...scopes, ...schemes], ' and ') || 'a request without credentials',
  );
  return listed(words, ', or ');
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

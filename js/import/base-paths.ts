import { isObject, listAt, listed, type Members } from './lenient-reader.js';
import { basePathOf } from './request-path.js';

interface Bases {
  /** The base path of the first server of a list; `undefined` if its URL is too long. */
  base: string | undefined;
  /** The base paths of the other servers, as text, if they differ. */
  others: string | undefined;
}

const NONE: readonly unknown[] = [];

/** The base paths of operations. Many share the list of the document, which is read once. */
export class Servers {
  readonly #root: Members;
  readonly #read = new Map<readonly unknown[], Bases>();

  constructor(root: Members) {
    this.#root = root;
  }

  of(operation: Members, item: Members): Bases {
    const lists = [operation, item, this.#root].map((level) => listAt(level, 'servers'));
    const list = lists.find((servers) => servers !== undefined && servers.length > 0) ?? NONE;
    const known = this.#read.get(list);
    if (known !== undefined) return known;
    const bases = readBases(list);
    this.#read.set(list, bases);
    return bases;
  }
}

function readBases(list: readonly unknown[]): Bases {
  const servers = list.filter(isObject);
  if (servers.length === 0) return { base: '', others: undefined };
  const [base, ...others] = new Set(servers.map(basePathOf));
  const paths = others.flatMap((other) => (other === undefined ? [] : [other || '/']));
  return { base, others: paths.length > 0 ? listed(paths, ', ') : undefined };
}

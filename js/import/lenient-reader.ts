/** Reads a foreign document leniently: missing members and other types are `undefined`. */

export type Members = Record<string, unknown>;

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function membersAt(value: unknown, name: string): Members {
  const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isObject(member) ? member : {};
}

export function listAt(value: Members, name: string): unknown[] | undefined {
  const member = value[name];
  return Array.isArray(member) ? member : undefined;
}

export function textAt(value: Members, name: string): string | undefined {
  const member = value[name];
  return typeof member === 'string' ? member : undefined;
}

/** The longest chain of references. A longer one is circular. */
const MAX_REFERENCE_CHAIN = 16;

/** The targets of references. Each is resolved once. */
export class References {
  readonly #root: Members;
  readonly #targets = new Map<string, unknown>();

  constructor(root: Members) {
    this.#root = root;
  }

  /**
   * A value, or the target of its `$ref`; `undefined` if that is missing or outside of the
   * document.
   */
  resolve(value: unknown): Members | undefined {
    let target = value;
    for (let step = 0; step < MAX_REFERENCE_CHAIN; step += 1) {
      if (!isObject(target)) return undefined;
      const reference = textAt(target, '$ref');
      if (reference === undefined) return target;
      if (!this.#targets.has(reference)) this.#targets.set(reference, targetOf(this.#root, reference));
      target = this.#targets.get(reference);
    }
    return undefined;
  }
}

function targetOf(root: Members, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  return reference
    .slice('#/'.length)
    .split('/')
    .map((part) => decodePart(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (inner, part) => (isObject(inner) && Object.hasOwn(inner, part) ? inner[part] : undefined),
      root,
    );
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The JSON path of a member, in the format of the core. */
export function at(path: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/** The most items of a list in a note: all operations of a document may share one list. */
const MAX_SHOWN = 5;

/** A list as text, shortened if long. */
export function listed(items: readonly string[], separator: string): string {
  const shown = items.slice(0, MAX_SHOWN);
  const rest = items.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(separator);
}

/** Reading a document that somebody else wrote: what is not there, or has another shape, is nothing. */

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

/** How many references may lead to each other; more go in a circle. */
const MAX_REFERENCE_CHAIN = 16;

/** The places that references lead to. Each is looked for once, however many lead there. */
export class References {
  readonly #root: Members;
  readonly #targets = new Map<string, unknown>();

  constructor(root: Members) {
    this.#root = root;
  }

  /** What a value is, where its `$ref` leads if it has one; nothing if that is outside of the document or nowhere. */
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

/** The JSON path of a member, as the core writes it. */
export function at(path: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/** The most of a list that a note has: one list of a document can be that of all its operations. */
const MAX_SHOWN = 5;

/** A list in words, shortened where it is long. */
export function listed(items: readonly string[], separator: string): string {
  const shown = items.slice(0, MAX_SHOWN);
  const rest = items.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(separator);
}

/** The most shapes of one length that are compared with each route: real documents have a few. */
const MAX_FORMS = 128;

/** Routes whose paths have parameters in the same positions. */
interface Form {
  /** Which segments are parameters; the first is the method. */
  open: readonly boolean[];
  routes: RouteEntry[];
  /** By a choice of positions: the first route with these literals there. Filled on demand. */
  byLiterals: Map<string, Map<string, RouteEntry>>;
}

interface RouteEntry {
  /** The number of the route, in order of insertion. */
  order: number;
  route: string;
  segments: readonly string[];
}

/**
 * The routes of a catalog, indexed by common literals, so that conflicts are found without
 * comparing all pairs.
 */
export class RouteIndex {
  /** By the number of segments. */
  readonly #forms = new Map<number, Map<string, Form>>();
  #count = 0;

  /** Whether a route has a new shape, and there are too many of that length already. */
  isFull(route: string): boolean {
    const { open } = partsOf(route);
    const forms = this.#forms.get(open.length);
    return forms !== undefined && forms.size >= MAX_FORMS && !forms.has(open.join());
  }

  /**
   * The first route that conflicts with this one: a request can match both, and neither is more
   * specific. The core refuses a catalog with two such routes.
   */
  clashing(route: string): string | undefined {
    const { segments, open } = partsOf(route);
    let first: RouteEntry | undefined;
    for (const form of this.#forms.get(open.length)?.values() ?? []) {
      if (!cross(form.open, open)) continue;
      const literal = open.flatMap((isOpen, at) => (isOpen || form.open[at] ? [] : [at]));
      const found = literalsOf(form, literal).get(chosen(segments, literal));
      if (found !== undefined && found.order < (first?.order ?? Number.POSITIVE_INFINITY)) first = found;
    }
    return first?.route;
  }

  add(route: string): void {
    const { segments, open } = partsOf(route);
    const entry = { order: this.#count, route, segments };
    this.#count += 1;
    const forms = this.#forms.get(open.length) ?? new Map<string, Form>();
    this.#forms.set(open.length, forms);
    const form: Form = forms.get(open.join()) ?? { open, routes: [], byLiterals: new Map() };
    forms.set(open.join(), form);
    form.routes.push(entry);
    for (const [choice, entries] of form.byLiterals) enter(entries, entry, choice.split(',').map(Number));
  }
}

/** Ignores letter case, as some servers do. */
function partsOf(route: string): { segments: string[]; open: boolean[] } {
  const segments = route.toLowerCase().split('/');
  return { segments, open: segments.map((segment) => segment.startsWith('{')) };
}

/** Whether neither shape is more specific. */
function cross(ones: readonly boolean[], others: readonly boolean[]): boolean {
  const oneExact = ones.some((open, at) => !open && others[at]);
  const otherExact = ones.some((open, at) => open && !others[at]);
  return oneExact === otherExact;
}

/**
 * The routes of a shape by their literals at some positions. Built on first use, then kept up to
 * date.
 */
function literalsOf({ routes, byLiterals }: Form, places: readonly number[]): Map<string, RouteEntry> {
  const choice = places.join();
  const known = byLiterals.get(choice);
  if (known !== undefined) return known;
  const entries = new Map<string, RouteEntry>();
  for (const entry of routes) enter(entries, entry, places);
  byLiterals.set(choice, entries);
  return entries;
}

function enter(entries: Map<string, RouteEntry>, entry: RouteEntry, places: readonly number[]): void {
  const literals = chosen(entry.segments, places);
  if (!entries.has(literals)) entries.set(literals, entry);
}

const chosen = (segments: readonly string[], places: readonly number[]) =>
  places.map((at) => segments[at]).join('/');

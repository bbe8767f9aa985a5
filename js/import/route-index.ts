/** So many forms of paths, of one length, are looked through for each route: real documents have a few. */
const MAX_FORMS = 128;

/** Routes whose paths have their parameters at the same places. */
interface Form {
  /** Which segments are parameters; the first is the method. */
  open: readonly boolean[];
  routes: Entry[];
  /** By a choice of segments: the first route with these literals there. Filled for the choices that were asked for. */
  byLiterals: Map<string, Map<string, Entry>>;
}

interface Entry {
  /** Counts the routes in the order in which they came. */
  order: number;
  route: string;
  segments: readonly string[];
}

/**
 * The routes of a catalog, in which one that clashes with another is found without a comparison with each: they are
 * looked up by the literals that both have.
 */
export class RouteIndex {
  /** By the number of segments. */
  readonly #forms = new Map<number, Map<string, Form>>();
  #count = 0;

  /** Whether a route has a form of its own, and there are too many of that length already. */
  isFull(route: string): boolean {
    const { open } = partsOf(route);
    const forms = this.#forms.get(open.length);
    return forms !== undefined && forms.size >= MAX_FORMS && !forms.has(open.join());
  }

  /**
   * The first route that a request could match as well as this one, where neither is the more exact one: both are exact where the other has a
   * parameter, or neither is. The core refuses a catalog with two such routes.
   */
  clashing(route: string): string | undefined {
    const { segments, open } = partsOf(route);
    let first: Entry | undefined;
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

/** Servers that ignore letter case are thought of. */
function partsOf(route: string): { segments: string[]; open: boolean[] } {
  const segments = route.toLowerCase().split('/');
  return { segments, open: segments.map((segment) => segment.startsWith('{')) };
}

/** Whether neither form is the more exact one. */
function cross(ones: readonly boolean[], others: readonly boolean[]): boolean {
  const oneExact = ones.some((open, at) => !open && others[at]);
  const otherExact = ones.some((open, at) => open && !others[at]);
  return oneExact === otherExact;
}

/** The routes of a form by their literals at some places. Put together when it is first asked for, and kept up from then on. */
function literalsOf({ routes, byLiterals }: Form, places: readonly number[]): Map<string, Entry> {
  const choice = places.join();
  const known = byLiterals.get(choice);
  if (known !== undefined) return known;
  const entries = new Map<string, Entry>();
  for (const entry of routes) enter(entries, entry, places);
  byLiterals.set(choice, entries);
  return entries;
}

function enter(entries: Map<string, Entry>, entry: Entry, places: readonly number[]): void {
  const literals = chosen(entry.segments, places);
  if (!entries.has(literals)) entries.set(literals, entry);
}

const chosen = (segments: readonly string[], places: readonly number[]) =>
  places.map((at) => segments[at]).join('/');

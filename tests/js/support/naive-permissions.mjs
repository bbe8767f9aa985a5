/**
 * A second implementation of the permission model, written from its description, without regard to
 * speed: patterns are lists of segments, sets are JavaScript's, requirements are read by recursion.
 * An exception is a refusal.
 */

const SEGMENT = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether a text is an exact permission: 1 to 8 segments. */
export function isPermission(text) {
  const segments = text.split(':');
  return segments.length <= 8 && segments.every((segment) => SEGMENT.test(segment));
}

/** Whether a text is a pattern. */
export function isPattern(text) {
  const segments = text.split(':');
  if (segments.length > 8) return false;
  return segments.every((segment) => {
    if (segment === '**') return true;
    if (segment.includes('**')) return false;
    const literal = segment.replaceAll('*', '');
    return literal === '' ? segment !== '' : SEGMENT.test(literal);
  });
}

/** Whether a pattern matches a permission. */
export function means(pattern, permission) {
  return meansSegments(pattern.split(':'), permission.split(':'));
}

function meansSegments([first, ...rest], segments) {
  if (first === undefined) return segments.length === 0;
  if (first === '**') {
    // Zero segments, or one and the same again.
    return (
      meansSegments(rest, segments) ||
      (segments.length > 0 && meansSegments([first, ...rest], segments.slice(1)))
    );
  }
  return segments.length > 0 && meansText(first, segments[0]) && meansSegments(rest, segments.slice(1));
}

function meansText(glob, text) {
  if (glob === '') return text === '';
  if (glob[0] === '*')
    return meansText(glob.slice(1), text) || (text !== '' && meansText(glob, text.slice(1)));
  return glob[0] === text[0] && meansText(glob.slice(1), text.slice(1));
}

/** Everything that a catalog can grant: the id of each permission with what it implies directly. */
export function permissionsOf(catalog) {
  const found = new Map();
  const walk = (nodes, above) => {
    for (const [segment, node] of Object.entries(nodes)) {
      const id = `${above}:${segment}`;
      const group = typeof node !== 'string' && node.permissions !== undefined;
      if (!group || node.grantable === true) found.set(id, node.implies ?? []);
      if (group) walk(node.permissions, id);
    }
  };
  for (const [id, service] of Object.entries(catalog.services)) walk(service.permissions, id);
  return found;
}

/** The permissions that a pattern matches in a catalog. */
export function matching(catalog, pattern) {
  if (!isPattern(pattern)) throw new Error(`${pattern} is no pattern`);
  const found = [...permissionsOf(catalog).keys()].filter((id) => means(pattern, id));
  if (found.length === 0) throw new Error(`${pattern} means nothing`);
  return found;
}

/** A set with all that its members imply, at any distance. */
export function closure(catalog, ids) {
  const implied = permissionsOf(catalog);
  const closed = new Set(ids);
  for (let before = -1; before !== closed.size; ) {
    before = closed.size;
    for (const id of [...closed]) for (const other of implied.get(id)) closed.add(other);
  }
  return closed;
}

/** The permissions of a template and of those that it extends, without implied ones. */
export function templateGives(catalog, id) {
  const template = catalog.templates?.[id];
  if (template === undefined) throw new Error(`there is no template ${id}`);
  return new Set([
    ...(template.permissions ?? []).flatMap((pattern) => matching(catalog, pattern)),
    ...(template.extends ?? []).flatMap((parent) => [...templateGives(catalog, parent)]),
  ]);
}

/** The permissions of a role. */
export function roleGives(catalog, id) {
  if (id === 'admin') return new Set(permissionsOf(catalog).keys());
  const role = catalog.roles?.[id];
  if (role === undefined) throw new Error(`there is no role ${id}`);
  return closure(
    catalog,
    (role.permissions ?? []).flatMap((pattern) => matching(catalog, pattern)),
  );
}

/** Everything that a selection names, before implications and removals. */
function chosenBy(catalog, { templates = [], add = [], role }) {
  return [
    ...templates.flatMap((id) => [...templateGives(catalog, id)]),
    ...add.flatMap((pattern) => matching(catalog, pattern)),
    ...(role === undefined ? [] : roleGives(catalog, role)),
  ];
}

/**
 * The permissions of a selection, sorted: the closure of templates, additions and role, less the
 * removals.
 */
export function resolve(catalog, selection) {
  const chosen = chosenBy(catalog, selection);
  const removed = new Set((selection.remove ?? []).flatMap((pattern) => matching(catalog, pattern)));
  return [...closure(catalog, chosen)].filter((id) => !removed.has(id)).sort();
}

/**
 * The permissions of a selection that are held on some resources only: those that it narrows, and
 * unnamed ones that only narrowed permissions imply.
 */
export function narrowed(catalog, { resources = {}, ...selection }) {
  const chosen = new Set(chosenBy(catalog, selection));
  const closed = closure(catalog, chosen);
  const implied = permissionsOf(catalog);
  /** The resources of a permission; nothing if it is held everywhere. */
  const placesOf = (id) => {
    if (Object.hasOwn(resources, id)) return resources[id];
    if (chosen.has(id)) return undefined;
    const of = [...closed].filter((other) => implied.get(other).includes(id)).map(placesOf);
    return of.includes(undefined) ? undefined : [...new Set(of.flat())].sort();
  };
  const places = resolve(catalog, selection).map((id) => [id, placesOf(id)]);
  return Object.fromEntries(places.filter(([, found]) => found !== undefined));
}

/** Whether one resource is another, or above it. */
export function covers(above, below) {
  const [upper, lower] = [above, below].map((path) => (path === '' ? [] : path.split('/')));
  return upper.length <= lower.length && upper.every((segment, index) => segment === lower[index]);
}

/**
 * The verdict of a grant for a requirement: `valid`, `insufficient_permission` with the missing
 * permissions, or `outside_resource`. A grant is `{ permissions, resource, resources }`, with its
 * boundary and the narrowed permissions.
 */
export function decide(grant, requirement) {
  const { needs, resource } = read(requirement);
  const granted = (id) => grant.permissions.includes(id);
  if (!holds(needs, granted)) {
    return { code: 'insufficient_permission', missing: [...new Set(missing(needs, granted))].sort() };
  }
  const here = (id) => granted(id) && reaches(grant, id, resource);
  return { code: holds(needs, here) ? 'valid' : 'outside_resource', missing: [] };
}

/** Whether a granted permission is held at a resource; without one, at the whole boundary. */
function reaches({ resource: boundary, resources = {} }, id, resource = boundary) {
  const narrowed = resources[id] ?? [boundary];
  return covers(boundary, resource) && narrowed.some((place) => covers(place, resource));
}

/** A requirement in one form: a permission, or `{ all }` or `{ any }` of such. */
function read(requirement) {
  if (requirement === undefined) return { needs: { all: [] } };
  if (typeof requirement === 'string') return { needs: parse(requirement) };
  if (Array.isArray(requirement)) return { needs: { all: requirement } };
  const { permission, all, any, expr, resource } = requirement;
  if (permission !== undefined) return { needs: permission, resource };
  if (expr !== undefined) return { needs: parse(expr), resource };
  return { needs: all === undefined ? { any } : { all }, resource };
}

/** `a AND (b OR c)`: AND binds tighter than OR. */
function parse(text) {
  const words = text.match(/[()]|[^\s()]+/g);
  const alternatives = () => {
    const any = [conjunction()];
    while (words[0] === 'OR') {
      words.shift();
      any.push(conjunction());
    }
    return { any };
  };
  const conjunction = () => {
    const all = [atom()];
    while (words[0] === 'AND') {
      words.shift();
      all.push(atom());
    }
    return { all };
  };
  const atom = () => {
    const word = words.shift();
    if (word !== '(') return word;
    const inner = alternatives();
    words.shift();
    return inner;
  };
  return alternatives();
}

function holds(needs, held) {
  if (typeof needs === 'string') return held(needs);
  return needs.all === undefined
    ? needs.any.some((part) => holds(part, held))
    : needs.all.every((part) => holds(part, held));
}

/** The permissions in unsatisfied parts that are not held. */
function missing(needs, held) {
  if (holds(needs, held)) return [];
  return typeof needs === 'string'
    ? [needs]
    : (needs.all ?? needs.any).flatMap((part) => missing(part, held));
}

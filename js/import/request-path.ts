/** The longest path that the core matches. */
const MAX_PATH_LENGTH = 2_048;

/** The longest URL of a server, with the values of its variables. */
const MAX_URL_LENGTH = 4_096;

/** The result for a path: as a route; or why no route can express it. */
export type RoutePath = { path: string; note?: string } | { problem: string };

/** The parts of a segment: `{name}` in any notation of OpenAPI and URI templates, and literals. */
const PARTS = /\{([^{}]*)\}/;

const LITERAL = /^[A-Za-z0-9._~:@!$&'()+,=-]*$/;

/** What a parameter takes: one segment or part of it, or all that is left of the path. */
interface Name {
  name: string;
  isTail: boolean;
}

/**
 * A path of another document as a route. A parameter that takes slashes is written `{+path}`,
 * `{path+}`, `{path*}`, `{/path*}` or `{*path}`, or is in `tails`.
 */
export function routePath(path: string, tails: ReadonlySet<string> = new Set()): RoutePath {
  if (!path.startsWith('/')) return { problem: 'it does not begin with a slash' };
  if (path.length > MAX_PATH_LENGTH) return { problem: `it is longer than ${MAX_PATH_LENGTH} characters` };
  const names = new Set<string>();
  const notes: string[] = [];
  const segments: string[] = [];
  const written = path.slice(1).split(/\/(?![^{}]*\})/);
  for (const [at, segment] of written.entries()) {
    const isLast = at === written.length - 1;
    if (segment === '' && !isLast) return { problem: 'it has an empty segment, as from a doubled slash' };
    if (/^\.{1,2}$/.test(segment) || segment.startsWith(':'))
      return { problem: `${JSON.stringify(segment)} is no segment of a route` };
    // Literals are at even places, parameters at odd ones.
    const parts = segment.split(PARTS);
    let text = '';
    for (const [nth, part] of parts.entries()) {
      if (nth % 2 === 0) {
        if (!LITERAL.test(part)) return { problem: problemOf(part) };
        text += part;
        continue;
      }
      if (part.includes('=')) return { problem: `{${part}} has a pattern` };
      const { name, isTail } = nameOf(part, tails);
      if (part.includes(':')) notes.push(`{${part}} takes any text`);
      if (isTail && (parts.length > 3 || parts[0] !== '' || parts[2] !== '' || !isLast))
        return { problem: `{${part}} takes slashes and is not the whole last segment` };
      if (text.endsWith('}')) {
        notes.push(`{${part}} is one with the parameter before it`);
        continue;
      }
      const unique = uniqueName(name, names);
      text += isTail ? `{${unique}*}` : `{${unique}}`;
    }
    segments.push(text);
  }
  const note = notes.length > 0 ? { note: notes.join('; ') } : {};
  return { path: `/${segments.join('/')}`, ...note };
}

function nameOf(written: string, tails: ReadonlySet<string>): Name {
  // A regular expression behind a colon, or a pattern behind an equals sign, is of some routers.
  const [, operator = '', name = '', end = ''] = /^([+/*#]?)([^:=*+]*)([*+]?)/.exec(written) ?? [];
  return { name, isTail: operator !== '' || end !== '' || tails.has(name) };
}

/** A name that a route can have and that no other parameter of it has. */
function uniqueName(name: string, names: Set<string>): string {
  const plain = name.replace(/[^A-Za-z0-9_.$~-]/g, '_').replace(/^\.+/, '') || 'value';
  let unique = plain;
  for (let nth = 2; names.has(unique); nth += 1) unique = `${plain}_${nth}`;
  names.add(unique);
  return unique;
}

function problemOf(text: string): string {
  if (/[?#]/.test(text)) return 'it has a query or a fragment, which no route looks at';
  if (/[{}]/.test(text)) return `${JSON.stringify(text)} has a brace that does not match`;
  return `${JSON.stringify(text)} has characters that no route has`;
}

/**
 * The base path of a server of an OpenAPI document; `''` for the root. `undefined`: its URL is too
 * long.
 */
export function basePathOf(server: { url?: unknown; variables?: unknown } | undefined): string | undefined {
  if (typeof server?.url !== 'string') return '';
  const variables = (server.variables ?? {}) as Record<string, { default?: unknown } | undefined>;
  let room = MAX_URL_LENGTH - server.url.length;
  if (room < 0) return undefined;
  const url = server.url.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = String(variables[name]?.default ?? name);
    room -= value.length;
    return room < 0 ? '' : value;
  });
  if (room < 0) return undefined;
  // Relative URLs are allowed; only their path is used.
  const parsed = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
  return parsed?.pathname.replace(/\/+$/, '') ?? '';
}

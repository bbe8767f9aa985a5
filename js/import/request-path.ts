/** The longest path that the core matches. */
const MAX_PATH_LENGTH = 2_048;

/** The longest URL of a server, with the values of its variables. */
const MAX_URL_LENGTH = 4_096;

/** A path of an OpenAPI document as a route; or why no route can express it. */
export function routePath(path: string): { path: string } | { problem: string } {
  if (path === '/') return { path };
  if (path.length > MAX_PATH_LENGTH) return { problem: `it is longer than ${MAX_PATH_LENGTH} characters` };
  const names = new Set<string>();
  const segments: string[] = [];
  for (const segment of path.slice(1).split('/')) {
    if (/^[A-Za-z0-9._~:@-]+$/.test(segment) && !/^\.{1,2}$/.test(segment)) {
      segments.push(segment);
      continue;
    }
    const [, name] = /^\{([^{}]+)\}$/.exec(segment) ?? [];
    if (name === undefined) return { problem: problemOf(segment) };
    const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
    if (names.has(plain)) return { problem: `it has the parameter {${plain}} twice` };
    names.add(plain);
    segments.push(`{${plain}}`);
  }
  return { path: `/${segments.join('/')}` };
}

function problemOf(segment: string): string {
  if (segment === '') return 'it has an empty segment, as from a doubled or a trailing slash';
  if (segment.includes('{')) return `${JSON.stringify(segment)} is more than one parameter`;
  return `${JSON.stringify(segment)} has other characters than letters, digits and . _ ~ - : @`;
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

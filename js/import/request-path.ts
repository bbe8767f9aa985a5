/** A path as an OpenAPI document has it, in the form of a route; or why no route can express it. */
export function routePath(path: string): { path: string } | { problem: string } {
  if (path === '/') return { path };
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
 * Whether a request could match both routes and neither is the more exact one. Servers that ignore letter case are thought of: the core
 * refuses a catalog with two such routes.
 */
export function clash(one: string, other: string): boolean {
  const [ones, others] = [one.split('/'), other.split('/')];
  if (ones.length !== others.length) return false;
  let [oneExact, otherExact] = [false, false];
  for (const [at, segment] of ones.entries()) {
    const opposite = others[at] ?? '';
    const [open, oppositeOpen] = [segment.startsWith('{'), opposite.startsWith('{')];
    if (!open && !oppositeOpen && segment.toLowerCase() !== opposite.toLowerCase()) return false;
    oneExact ||= !open && oppositeOpen;
    otherExact ||= open && !oppositeOpen;
  }
  return oneExact === otherExact;
}

/** The path below which a server of an OpenAPI document has its operations; `''` for the root. */
export function basePathOf(server: { url?: unknown; variables?: unknown } | undefined): string {
  if (typeof server?.url !== 'string') return '';
  const variables = (server.variables ?? {}) as Record<string, { default?: unknown } | undefined>;
  const url = server.url.replace(/\{([^{}]*)\}/g, (_, name: string) =>
    String(variables[name]?.default ?? name),
  );
  // Relative URLs are allowed; only the path of any is looked at.
  const parsed = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
  return parsed?.pathname.replace(/\/+$/, '') ?? '';
}

/** Paths of accounts, whose ids are resources with slashes, which proxies may decode. */

/**
 * The path with the slashes of the id encoded as `%2F`, as the routes expect. Some proxies decode
 * them, so an id may arrive as several segments. A last segment that is a verb is the verb: an id
 * that ends in one needs `?id=`.
 *
 * @param accounts the path before the id: `/leastkey/v1/accounts/`.
 */
export function encodedAccountPath(pathname: string, accounts: string, verbs: ReadonlySet<string>): string {
  if (!pathname.startsWith(accounts)) return pathname;
  const segments = pathname.slice(accounts.length).split('/');
  if (segments.includes('')) return pathname;
  const last = segments.at(-1) ?? '';
  const ids = segments.length > 1 && verbs.has(last) ? segments.slice(0, -1) : segments;
  return [`${accounts}${ids.join('%2F')}`, ...segments.slice(ids.length)].join('/');
}

/** The verbs of a table of routes: `/leastkey/v1/accounts/{id}/disable` has one. */
export function accountVerbs(paths: readonly string[], accounts: string): ReadonlySet<string> {
  const before = `${accounts}{id}/`;
  return new Set(paths.filter((path) => path.startsWith(before)).map((path) => path.slice(before.length)));
}

/**
 * The segments that a scope comes to in a permission id: `read:pets` is `read`, `pets`, and so is `read/pets`. Of a URL it is
 * what follows the last slash, as in `https://…/auth/drive.readonly`, or the host. Characters that no segment has become `-`, a star `all`.
 */
export function segmentsOf(scope: string): string[] {
  return nameOf(scope)
    .split(/[:/]/)
    .map((segment) =>
      segment
        .replaceAll('*', 'all')
        .replace(/[^A-Za-z0-9._-]+/g, '-')
        .replace(/^-+|(?<!-)-+$/g, ''),
    )
    .filter((segment) => segment !== '');
}

function nameOf(scope: string): string {
  const [, host, path] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)(.*)$/.exec(scope) ?? [];
  if (host === undefined || path === undefined) return scope;
  return path.split('/').findLast((part) => part !== '') ?? host;
}

/**
 * The segments of the permission id for a scope: `read:pets` and `read/pets` are `read`, `pets`. Of
 * a URL, it uses what follows the last slash, as in `https://…/auth/drive.readonly`, or the host.
 * Invalid characters become `-`, a star becomes `all`.
 */
export function segmentsOf(scope: string): string[] {
  return nameOf(scope)
    .split(/[:/]/)
    .map(segmentOf)
    .filter((segment) => segment !== '');
}

/** A text as a segment of an id; empty if nothing of it can be in one. */
export function segmentOf(text: string): string {
  return text
    .replaceAll('*', 'all')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^-+|(?<!-)-+$/g, '');
}

function nameOf(scope: string): string {
  const [, host, path] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)(.*)$/.exec(scope) ?? [];
  if (host === undefined || path === undefined) return scope;
  return path.split('/').findLast((part) => part !== '') ?? host;
}

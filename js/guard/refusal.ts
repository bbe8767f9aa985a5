import type { GuardRequest } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import { acceptsJson } from './accept-header.js';

/** What a refusal tells a client. */
type Refused = Pick<FlatVerdict, 'status' | 'error' | 'scope' | 'retryAfter'>;

/** The problem details by status. They never depend on the token, or on whether it exists. */
const PROBLEMS: Record<number, { title: string; detail: string }> = {
  400: { title: 'Bad Request', detail: 'The credential is to be sent once, as "Authorization: Bearer …".' },
  401: { title: 'Unauthorized', detail: 'This needs a valid credential.' },
  403: { title: 'Forbidden', detail: 'The credential does not permit this.' },
  429: { title: 'Too Many Requests', detail: 'The credential was used too often.' },
  503: { title: 'Service Unavailable', detail: 'The credential could not be verified just now.' },
};

/** `Retry-After`, in seconds, when the store did not answer. */
const RETRY_AFTER = 1;

/** Printable ASCII that a quoted string can hold without escapes (RFC 9110 §5.6.4). */
const QUOTABLE = /^[ !#-[\]-~]{1,100}$/;

/** Reads the option `realm` of a guard. */
export function readRealm(realm: string | undefined): string | undefined {
  if (realm === undefined || (typeof realm === 'string' && QUOTABLE.test(realm))) return realm;
  throw new LeastkeyError(
    'invalid_input',
    'realm: expected 1 to 100 printable ASCII characters without " and \\',
    { path: 'realm' },
  );
}

/**
 * The response to a refused request (RFC 6750 §3, RFC 9457). It is the same, byte for byte, for
 * credentials that are unknown, revoked, disabled or expired.
 */
export function refusalResponse(
  request: GuardRequest,
  verdict: Refused,
  realm: string | undefined,
): Response {
  const status = Object.hasOwn(PROBLEMS, verdict.status) ? verdict.status : 403;
  const headers = new Headers({ 'Cache-Control': 'no-store' });
  if (status < 429) headers.set('WWW-Authenticate', challenge(verdict, realm));
  const retryAfter = status === 503 ? RETRY_AFTER : status === 429 ? verdict.retryAfter : undefined;
  if (retryAfter !== undefined) headers.set('Retry-After', String(Math.ceil(retryAfter)));
  if (request.method === 'HEAD' || !acceptsJson(request.headers.get('accept') ?? null))
    return new Response(null, { status, headers });
  headers.set('Content-Type', 'application/problem+json');
  return new Response(JSON.stringify({ type: 'about:blank', status, ...PROBLEMS[status] }), {
    status,
    headers,
  });
}

/** The longest scope in a challenge: servers and proxies reject responses with long headers. */
const MAX_SCOPE_LENGTH = 1_000;

/** The value of `WWW-Authenticate`. Without a credential it has no error (RFC 6750 §3.1). */
function challenge({ error, scope }: Refused, realm: string | undefined): string {
  const sent = typeof scope === 'string' && scope.length <= MAX_SCOPE_LENGTH ? scope : undefined;
  const parameters = Object.entries({ realm, error, scope: sent })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`);
  return ['Bearer', parameters.join(', ')].filter((part) => part !== '').join(' ');
}

import type { HeadersLike } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import { plainBearer, readCredential } from '../input/credential.js';

/** RFC 9110 §5.1. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers with another meaning, or that a browser sends by itself. */
const TAKEN = ['authorization', 'proxy-authorization', 'cookie'];

/** Reads the option `header` of a guard. */
export function readHeaderName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name === 'string' && FIELD_NAME.test(name) && !TAKEN.includes(name.toLowerCase())) return name;
  throw new LeastkeyError(
    'invalid_input',
    `header: expected the name of a header that carries only the credential, such as "X-API-Key" (not ${TAKEN.join(', ')})`,
    { path: 'header' },
  );
}

/** What a guard hands to `verify`. */
export type Presented = string | { get(name: string): string | null };

/**
 * The credential of a request as text, so that `verify` answers it from the cache. If the headers
 * hold none, or more than one, the headers: then `verify` says what is wrong with them.
 */
export function presentedCredential(headers: HeadersLike, name: string | undefined): Presented {
  const plain = name === undefined ? plainBearer(headers.get('authorization')) : undefined;
  if (plain !== undefined) return plain;
  const merged = mergedAuthorization(headers, name);
  const get = (asked: string) =>
    asked.toLowerCase() === 'authorization' ? merged : (headers.get(asked) ?? null);
  const read = readCredential({ get });
  return 'credential' in read ? read.credential : { get };
}

/**
 * The value of `Authorization`. The value of the header `name` is treated as a further
 * `Authorization` header, so that two credentials are refused, wherever they are.
 */
function mergedAuthorization(headers: HeadersLike, name: string | undefined): string | null {
  const own = headers.get('authorization') ?? null;
  const more = name === undefined ? null : (headers.get(name) ?? null);
  if (more === null || more.trim() === '') return own;
  // Another scheme than Bearer, for a proxy in front, is no second credential.
  return own !== null && /bearer/i.test(own) ? `${own}, Bearer ${more}` : `Bearer ${more}`;
}

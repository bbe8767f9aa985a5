import type { HeadersLike } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';

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

/**
 * The headers to read the credential from. The value of the header `name` is treated as a further
 * `Authorization` header, so that two credentials are refused, wherever they are.
 */
export function credentialHeaders(
  headers: HeadersLike,
  name: string | undefined,
): { get(name: string): string | null } {
  return {
    get(asked) {
      const own = headers.get(asked) ?? null;
      const more = name === undefined ? null : (headers.get(name) ?? null);
      if (more === null || more.trim() === '') return own;
      // Another scheme than Bearer, for a proxy in front, is no second credential.
      return own !== null && /bearer/i.test(own) ? `${own}, Bearer ${more}` : `Bearer ${more}`;
    },
  };
}

import type { CredentialSource, HeadersLike, RequestLike } from '../api/call.js';
import { WRAPPER_REFUSALS } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';

const { missing, malformedHeader, malformedCredential, ambiguous } = WRAPPER_REFUSALS;

/** The text to verify, or why there is none. */
export type ReadCredential =
  | { credential: string }
  | { refusal: typeof missing | typeof malformedHeader | typeof malformedCredential | typeof ambiguous };

const MAX_CREDENTIAL_LENGTH = 256;

const MAX_HEADER_LENGTH = 4_096;

/** RFC 6750 §2.1: `b64token`. */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const PRINTABLE_ASCII = /^[!-~]+$/;

/**
 * Reads the credential from a text, or from the `Authorization` header of `Headers` or a `Request`;
 * never from a query or a body. Refuses what cannot be a credential before any call of the core.
 *
 * @throws {LeastkeyError} `invalid_input` if `source` is of another type: a mistake of the program,
 * not of its client.
 */
export function readCredential(source: CredentialSource): ReadCredential {
  if (source === null || source === undefined || source === '') return { refusal: missing };
  if (typeof source === 'string') return bounded(source);
  const header = headersOf(source).get('authorization') ?? null;
  if (header === null) return { refusal: missing };
  return typeof header === 'string' ? readAuthorization(header) : { refusal: malformedHeader };
}

/** A header with one bearer credential and nothing else. */
const PLAIN_BEARER = /^Bearer [A-Za-z0-9._~+/-]+$/;

/**
 * The credential of the commonest form of a header; `undefined`: {@link readCredential} decides.
 */
export function plainBearer(header: unknown): string | undefined {
  if (typeof header !== 'string' || header.length > MAX_CREDENTIAL_LENGTH || !PLAIN_BEARER.test(header))
    return undefined;
  return header.slice('Bearer '.length);
}

function headersOf(source: HeadersLike | RequestLike): HeadersLike {
  if (hasGet(source)) return source;
  const { headers } = source as { headers?: unknown };
  if (hasGet(headers)) return headers;
  const { then, token } = source as { then?: unknown; token?: unknown };
  const fault =
    typeof then === 'function'
      ? 'got a promise; await it'
      : `expected the credential as text, a Headers or a Request${
          typeof token === 'string'
            ? '; of the answer of create or rotate give its token'
            : '; of node:http give requestOf(request) of leastkey/node'
        }`;
  throw new LeastkeyError('invalid_input', `credential: ${fault}`, { path: 'credential' });
}

function hasGet(value: unknown): value is HeadersLike {
  return typeof (value as { get?: unknown } | null | undefined)?.get === 'function';
}

function readAuthorization(header: string): ReadCredential {
  if (header.length > MAX_HEADER_LENGTH) return { refusal: malformedHeader };
  const text = header.trim();
  // Several headers arrive joined by commas, and a bearer credential has no comma.
  const bearers = text.split(',').filter((part) => /^\s*bearer(?:\s|$)/i.test(part)).length;
  if (bearers > 1 || (bearers === 1 && text.includes(','))) return { refusal: ambiguous };
  // Another scheme presents no token (RFC 6750 §3.1).
  if (bearers === 0) return { refusal: missing };
  const token = text.slice('bearer'.length);
  const start = token.search(/[^ ]/);
  if (start < 1 || !BEARER_TOKEN.test(token.slice(start))) return { refusal: malformedHeader };
  // The header is well-formed, so a malformed credential is answered like an unknown one.
  return bounded(token.slice(start));
}

function bounded(text: string): ReadCredential {
  return text.length <= MAX_CREDENTIAL_LENGTH && PRINTABLE_ASCII.test(text)
    ? { credential: text }
    : { refusal: malformedCredential };
}

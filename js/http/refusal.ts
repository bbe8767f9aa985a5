import type { ErrorCode, Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';

/** Refusals of the HTTP layer, besides those of the core. */
export type RequestCode =
  | 'malformed_request'
  | 'unauthenticated'
  | 'cross_origin'
  | 'no_such_resource'
  | 'method_not_allowed'
  | 'precondition_failed'
  | 'body_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'precondition_required'
  | 'headers_too_large';

/** The status of each code. docs/http.md describes them. */
export const STATUSES = {
  malformed_request: 400,
  unauthenticated: 401,
  cross_origin: 403,
  no_such_resource: 404,
  method_not_allowed: 405,
  precondition_failed: 412,
  body_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  precondition_required: 428,
  headers_too_large: 431,
  invalid_input: 400,
  forbidden: 403,
  exceeds_ceiling: 403,
  not_found: 404,
  conflict: 409,
  name_taken: 409,
  terminal: 409,
  too_many_sessions: 429,
  invalid_token: 401,
  rng_failed: 500,
  internal: 500,
  store_unavailable: 503,
  clock_unreliable: 503,
  deadline_exceeded: 503,
  outcome_unknown: 504,
} as const satisfies Record<RequestCode | ErrorCode, number>;

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** `Retry-After` for failures of the store, the clock or the deadline, in seconds. */
export const RETRY_AFTER = '1';

/** A refusal of the HTTP layer. */
export class RequestRefused extends Error {
  readonly code: RequestCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RequestCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }
}

/** The response for an error, as a problem of RFC 9457. Unexpected errors reveal nothing. */
export function problemOf(error: unknown): Response {
  if (error instanceof RequestRefused) return problem(error.code, error.message, {}, error.headers);
  if (!(error instanceof LeastkeyError) || isOfTheHost(error)) return problem('internal', FAILED);
  const { code, message, path, problems } = error;
  if (STATUSES[code] < 500) return problem(code, message, { path, problems });
  const headers = STATUSES[code] === 503 ? { 'Retry-After': RETRY_AFTER } : {};
  return problem(code, FAILURES[code] ?? FAILED, {}, headers);
}

const FAILED = 'The server failed.';

/**
 * The detail of a failure for clients. The message of the error may name the store or its file: it
 * goes to `onError` only.
 */
const FAILURES: Readonly<Partial<Record<ErrorCode, string>>> = {
  rng_failed: 'The random number generator failed. Nothing was created.',
  store_unavailable: 'The token store is unavailable.',
  clock_unreliable: "The server's clock is unreliable. Nothing was changed.",
  deadline_exceeded: 'The deadline passed before anything was changed. Try again.',
  outcome_unknown:
    'The answer of the store was lost, so the outcome is unknown. Read before you repeat the change, or repeat it with the same Idempotency-Key.',
};

/** Whether an error goes to `onError`: a failure, not a mistake of the client. */
export function isFailure(error: unknown): boolean {
  if (error instanceof RequestRefused) return false;
  return !(error instanceof LeastkeyError) || isOfTheHost(error) || STATUSES[error.code] >= 500;
}

/**
 * The actor and the catalog (`$.services…`) come from the host, so their problems are not the
 * client's mistake.
 */
function isOfTheHost({ code, path }: LeastkeyError): boolean {
  return code === 'invalid_input' && /^(?:authenticate$|actor(?:$|[.[])|\$)/.test(path ?? '');
}

function problem(
  code: RequestCode | ErrorCode,
  detail: string,
  more: { path?: string | undefined; problems?: readonly Problem[] | undefined } = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const status = STATUSES[code];
  const body = { type: 'about:blank', title: TITLES[status], status, detail, code, ...more };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
}

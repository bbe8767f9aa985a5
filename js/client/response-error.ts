import type { ErrorCode, Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';

/** What the API answered: the `cause` of the error of a refused call. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  /** The code of docs/http.md or the `error` of OAuth, if the response has one. */
  readonly code?: string;

  constructor(status: number, code: string | undefined) {
    super(`the response has status ${status}${code === undefined ? '' : ` and code ${code}`}`);
    this.status = status;
    if (code !== undefined) this.code = code;
  }
}

/** The codes of the core, which are passed on. */
const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'not_found',
  'forbidden',
  'conflict',
  'name_taken',
  'exceeds_ceiling',
  'invalid_input',
  'terminal',
  'too_many_sessions',
  'invalid_token',
  'outcome_unknown',
  'rng_failed',
  'store_unavailable',
  'clock_unreliable',
  'deadline_exceeded',
  'internal',
]);

/** The codes of the HTTP layer and of OAuth, as codes of the core. */
const OTHERS: Readonly<Record<string, ErrorCode>> = {
  unauthenticated: 'invalid_token',
  cross_origin: 'forbidden',
  precondition_failed: 'conflict',
  invalid_client: 'forbidden',
  unauthorized_client: 'forbidden',
};

/** The members of a problem (RFC 9457), of its extensions here, and of an OAuth error. */
interface Refusal {
  code?: string;
  detail?: string;
  error?: string;
  error_description?: string;
  path?: string;
  problems?: Problem[];
}

/** The code of a refusal in a response, if it has one. */
export const codeOf = ({ code, error }: Refusal): string | undefined => code ?? error;

/** The refusal in a response: empty if its body is none. */
export async function readRefusal(response: Response): Promise<Refusal> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** The error of a response that is no success. */
export function errorOf({ status }: { status: number }, refusal: Refusal): LeastkeyError {
  const { detail, error_description, path, problems } = refusal;
  const code = codeOf(refusal);
  const message = detail ?? error_description ?? unexpected(status);
  const cause = new ResponseError(status, code);
  const known = code !== undefined && CODES.has(code);
  return new LeastkeyError(known ? (code as ErrorCode) : (OTHERS[code ?? ''] ?? byStatus(status)), message, {
    path,
    problems,
    cause,
  });
}

function byStatus(status: number): ErrorCode {
  if (status === 401 || isRedirect(status)) return 'invalid_token';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 409 || status === 412) return 'conflict';
  return status >= 400 && status < 500 && status !== 429 ? 'invalid_input' : 'store_unavailable';
}

/** In browsers a redirect that is not followed has the status 0. */
const isRedirect = (status: number) => status === 0 || (status >= 300 && status < 400);

function unexpected(status: number): string {
  if (isRedirect(status))
    return 'the API answered with a redirect, perhaps to a login: sign in, or check the URL';
  if (status === 404) return 'there is no such API here: check the URL and the paths';
  return `the API answered ${status} without saying why`;
}

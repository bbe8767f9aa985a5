import type { CallOptions } from '../api/call.js';
import { LeastkeyError } from '../api/errors.js';
import { readCallOptions } from '../input/options.js';
import { sleep } from '../runtime/deadline.js';
import type { ClientSettings } from './options.js';
import { codeOf, errorOf, readRefusal } from './response-error.js';

/** A request to the API. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the URL: `/leastkey/v1/tokens`. */
  path: string;
  query?: object | undefined;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: object | undefined;
  form?: Readonly<Record<string, string>>;
  /** Whether reading the response may take longer than the timeout. */
  streams?: boolean;
  /**
   * Whether it may be repeated if its outcome is unknown: because it reads, because a second one
   * changes nothing, or by its idempotency key. Others are repeated only if the server reported
   * that nothing was changed.
   */
  repeatable: boolean;
  /** Whether it changes nothing, as each GET. */
  reads?: boolean;
  call: CallOptions | undefined;
}

/** Codes of responses that say that nothing was changed. */
const UNCHANGED: ReadonlySet<string | undefined> = new Set([
  'store_unavailable',
  'clock_unreliable',
  'deadline_exceeded',
]);

/** The first pause before a repetition, in milliseconds; each later one is twice as long. */
const PAUSE = 200;
/** The longest pause that a `Retry-After` can ask for. */
const MAX_PAUSE = 30_000;

/**
 * Sends a request and returns its successful response.
 *
 * @throws {LeastkeyError} for a refusal, and without a response `store_unavailable`, or
 * `outcome_unknown` after a change.
 */
export async function send(settings: ClientSettings, request: ApiRequest): Promise<Response> {
  const signal = readCallOptions(request.call ?? {}, 'a call');
  for (let left = settings.retries, pause = PAUSE; ; left -= 1, pause *= 2) {
    signal?.throwIfAborted();
    const attempt = await sendOnce(settings, request, signal);
    if (attempt.response !== undefined) return attempt.response;
    if (left === 0 || !(attempt.unchanged || (attempt.lost && request.repeatable))) throw attempt.error;
    await sleep(attempt.retryAfter ?? pause * (0.5 + Math.random() / 2), signal);
  }
}

/** The result of one attempt: a success, or a failure. */
type Attempt = { response: Response } | Failure;

interface Failure {
  response?: undefined;
  error: LeastkeyError;
  /** The server reported that nothing was changed. */
  unchanged?: boolean;
  /** Whether anything was changed is unknown. */
  lost?: boolean;
  /** The pause that the server asks for, in milliseconds. */
  retryAfter?: number | undefined;
}

async function sendOnce(
  settings: ClientSettings,
  request: ApiRequest,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const { method, form, body, streams } = request;
  const timeout = streams ? new AbortController().signal : AbortSignal.timeout(settings.timeout);
  const init = {
    method,
    headers: {
      Accept: 'application/json',
      ...settings.headers(),
      // The OAuth endpoints take a bearer token for a client that did not authenticate.
      ...(settings.token !== undefined && form === undefined && { Authorization: await settings.token() }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...request.headers,
    },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: settings.credentials,
    // A login page is no answer, and a credential is sent to no other place.
    redirect: 'manual',
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  } satisfies RequestInit;
  let response: Response;
  try {
    response = await settings.fetch(urlOf(settings, request), init);
  } catch (cause) {
    signal?.throwIfAborted();
    return { error: unanswered(request, timeout.aborted, cause), lost: true };
  }
  if (response.ok) return { response };
  return failureOf(response, await readRefusal(response));
}

function failureOf(response: Response, refusal: Awaited<ReturnType<typeof readRefusal>>): Failure {
  const { status, headers } = response;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfter = seconds >= 0 ? Math.min(seconds * 1_000, MAX_PAUSE) : undefined;
  const code = codeOf(refusal);
  return {
    error: errorOf(response, refusal),
    // A proxy that limits the rate has not passed the request on.
    unchanged: UNCHANGED.has(code) || (status === 429 && code === undefined && retryAfter !== undefined),
    lost: code === 'outcome_unknown' || (code === undefined && status >= 502 && status <= 504),
    retryAfter,
  };
}

function unanswered(
  { method, repeatable, reads = method === 'GET' }: ApiRequest,
  late: boolean,
  cause: unknown,
): LeastkeyError {
  const what = late ? 'the API did not answer in time' : 'the API cannot be reached';
  if (reads && repeatable) return new LeastkeyError('store_unavailable', what, { cause });
  return new LeastkeyError(
    'outcome_unknown',
    `${what}, so whether anything was changed is unknown: read again before the call is repeated`,
    { cause },
  );
}

function urlOf({ url }: ClientSettings, { path, query = {} }: ApiRequest): string {
  const members = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return members.length === 0 ? `${url}${path}` : `${url}${path}?${new URLSearchParams(members)}`;
}

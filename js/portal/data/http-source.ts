import type { ErrorCode, Problem } from '../../api/codes.js';
import { LeastkeyError } from '../../api/errors.js';
import type { Created } from '../../api/token.js';
import { ServerClock } from './server-clock.js';
import type { PortalSource } from './source.js';

/** The type of `fetch`. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/**
 * A source on the management API of `leastkey/http`. `fetch` adds the authentication: a cookie or a
 * header.
 */
export function httpSource(api: string, fetch: Fetch): PortalSource {
  const base = api.replace(/\/+$/, '');
  const clock = new ServerClock();

  async function call<T>(method: string, path: string, send: Send = {}): Promise<T> {
    const { body, headers = {}, signal } = send;
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      // The change may have been applied before the connection broke.
      const code = method === 'GET' ? 'store_unavailable' : 'outcome_unknown';
      throw new LeastkeyError(code, 'The server cannot be reached.', { cause });
    }
    clock.take(response);
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer as T;
    throw errorOf(method, response.status, answer);
  }

  const at = (id: string, action = '') => `/tokens/${encodeURIComponent(id)}${action}`;
  return {
    now: () => clock.now(),
    deployment: () => call('GET', '/deployment'),
    actor: () => call('GET', '/actor'),
    describe: (owner) => call('GET', `/catalog${search({ owner })}`),
    list: (query, signal) => call('GET', `/tokens${search(query)}`, signal === undefined ? {} : { signal }),
    get: (id) => call('GET', at(id)),
    create: async (input) => {
      // The digest identifies the credential, so a retry creates no second token.
      const headers = { 'Idempotency-Key': `portal-${input.id}` };
      return (await call<Created>('POST', '/tokens', { body: input, headers })).record;
    },
    edit: (id, { revision, ...change }) =>
      call('PATCH', at(id), { body: change, headers: { 'If-Match': `"${revision}"` } }),
    disable: (id) => call('POST', at(id, '/disable')),
    enable: (id) => call('POST', at(id, '/enable')),
    revoke: (id, options) => call('POST', at(id, '/revoke'), { body: options }),
    delete: (id) => call('DELETE', at(id)),
    rotate: async (id, options) => (await call<Created>('POST', at(id, '/rotate'), { body: options })).record,
    confirmRotation: (id) => call('POST', at(id, '/confirm-rotation')),
    abortRotation: (id) => call('POST', at(id, '/abort-rotation')),
    audit: (query) => call('GET', `/audit${search(query)}`),
    // In the query: some proxies reject or decode slashes of an id in a path.
    account: (id) => call('GET', `/accounts${search({ id })}`),
  };
}

interface Send {
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function search(query: object): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return entries.length === 0
    ? ''
    : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}

/** A problem of RFC 9457 as a `LeastkeyError`. */
function errorOf(method: string, status: number, answer: unknown): LeastkeyError {
  const { code, detail, path, problems } = (answer ?? {}) as {
    code?: string;
    detail?: string;
    path?: string;
    problems?: Problem[];
  };
  const unforeseen = method === 'GET' ? 'store_unavailable' : 'outcome_unknown';
  return new LeastkeyError((code ?? BY_STATUS[status] ?? unforeseen) as ErrorCode, detail ?? `${status}`, {
    ...(path === undefined ? {} : { path }),
    ...(problems === undefined ? {} : { problems }),
  });
}

/** For responses that are not from the API, for instance from a gateway. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'not_found',
};

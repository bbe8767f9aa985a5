/** Requests to the JSON gateway of an etcd cluster, by `fetch` alone. */

import { LeastkeyError } from '../api/errors.js';

/** Where the nodes are, and how they are reached. */
export interface Gateway {
  /** Without a slash at the end. */
  endpoints: readonly string[];
  user: string | undefined;
  password: string | undefined;
  fetch: typeof fetch;
  /** The longest that one request may take, in milliseconds. */
  timeout: number;
}

/** An error that a node answered: a code of gRPC with its message. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(`etcd: ${message}`);
    this.code = code;
  }

  /** Whether the node refused the request, so that nothing was changed. */
  get isRefusal(): boolean {
    return REFUSALS.has(this.code);
  }

  /** Whether the user, or one who is none, may not do this. */
  get isDenial(): boolean {
    // Without a user, etcd 3.4 answers INVALID_ARGUMENT.
    return (
      this.code === PERMISSION_DENIED ||
      this.code === UNAUTHENTICATED ||
      /user name is empty/.test(this.message)
    );
  }
}

const INVALID_ARGUMENT = 3;
const PERMISSION_DENIED = 7;
export const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const OUT_OF_RANGE = 11;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const REFUSALS = new Set([
  INVALID_ARGUMENT,
  PERMISSION_DENIED,
  RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION,
  OUT_OF_RANGE,
  UNIMPLEMENTED,
  UNAUTHENTICATED,
]);

/** What Node and Deno say of a connection that was never made, so that nothing was sent. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export class EtcdNodes {
  readonly #gateway: Gateway;
  /** The index of the node that answered last. */
  #current = 0;
  #token: string | undefined;
  /** The index of the node that was asked last for an answer that goes on. */
  #opened = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** A request that changes nothing: one node after the other, until one answers. */
  async read(path: string, body: object): Promise<unknown> {
    return this.#inTurn(path, body, () => true);
  }

  /**
   * A request that may change something. It is sent to another node only if the first one was
   * surely not reached: sent twice, the second answer would be about the first one's change.
   */
  async change(path: string, body: object): Promise<unknown> {
    try {
      return await this.#inTurn(path, body, isNotConnected);
    } catch (error) {
      if (!isNotConnected(error)) throw error;
      const message = 'etcd: no node can be reached; nothing was changed';
      throw new LeastkeyError('store_unavailable', message, { cause: error });
    }
  }

  /** The metrics of a node, if it shows them at this address. */
  async metrics(): Promise<string | undefined> {
    const { endpoints, fetch, timeout } = this.#gateway;
    try {
      const url = `${endpoints[this.#current]}/metrics`;
      const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** An answer that goes on, of the next node each time. The signal ends it. */
  async open(path: string, body: object, signal: AbortSignal): Promise<Response> {
    const { endpoints, user, password, fetch } = this.#gateway;
    if (user !== undefined) this.#token ??= await this.#authenticate(user, password ?? '');
    this.#opened = (this.#opened + 1) % endpoints.length;
    const response = await fetch(`${endpoints[this.#opened]}/v3/${path}`, {
      method: 'POST',
      headers: headersOf(this.#token),
      body: JSON.stringify(body),
      signal,
      redirect: 'error',
    });
    if (response.ok) return response;
    // A token that has ended is not used again.
    this.#token = undefined;
    throw errorOf(await response.text(), response.status);
  }

  async #inTurn(path: string, body: object, mayGoOn: (error: unknown) => boolean): Promise<unknown> {
    const count = this.#gateway.endpoints.length;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#authorized(path, body);
      } catch (error) {
        if (error instanceof EtcdError && error.isRefusal) throw error;
        this.#current = (this.#current + 1) % count;
        if (tries >= count || !mayGoOn(error)) throw error;
      }
    }
  }

  /** With a token of the user, if there is one. Tokens end after some minutes. */
  async #authorized(path: string, body: object): Promise<unknown> {
    const { user, password } = this.#gateway;
    if (user === undefined) return this.#send(path, body);
    const isNew = this.#token === undefined;
    this.#token ??= await this.#authenticate(user, password ?? '');
    try {
      return await this.#send(path, body, this.#token);
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== UNAUTHENTICATED || isNew) throw error;
      this.#token = undefined;
      return this.#authorized(path, body);
    }
  }

  async #authenticate(name: string, password: string): Promise<string> {
    const { token } = (await this.#send('auth/authenticate', { name, password })) as { token: string };
    return token;
  }

  async #send(path: string, body: object, token?: string): Promise<unknown> {
    const { endpoints, fetch, timeout } = this.#gateway;
    const response = await fetch(`${endpoints[this.#current]}/v3/${path}`, {
      method: 'POST',
      headers: headersOf(token),
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
      redirect: 'error',
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    if (response.status === 404)
      throw new EtcdError(UNIMPLEMENTED, 'there is no gateway at this address; etcd 3.4 or later has one');
    throw errorOf(text, response.status);
  }
}

function headersOf(token: string | undefined): Record<string, string> {
  return { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) };
}

function errorOf(text: string, status: number): EtcdError {
  try {
    const { code, message, error } = JSON.parse(text) as Record<string, unknown>;
    if (typeof code === 'number') return new EtcdError(code, String(message ?? error));
  } catch {
    // A proxy answers with a page.
  }
  return new EtcdError(UNAVAILABLE, `HTTP status ${status}`);
}

function isNotConnected(error: unknown): boolean {
  const { code, cause, errors } = Object(error) as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string') return NOT_CONNECTED.has(code);
  // Of a name with several addresses, none was reached.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isNotConnected);
  return cause !== undefined && isNotConnected(cause);
}

/** Whether a revision is no longer kept. */
export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.code === OUT_OF_RANGE;
}

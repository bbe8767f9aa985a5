import type { ErrorCode } from '../api/codes.js';
import type { Tokens } from '../api/tokens.js';
import type { HandlerSettings } from './options.js';
import type { Parameters } from './query.js';
import type { RequestCode } from './refusal.js';
import type { Schema } from './schemas/schema.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call a route: an authenticated actor, an OAuth client, an optional OAuth client, the
 * bearer of a credential, or everyone.
 */
export type Access = 'actor' | 'client' | 'client?' | 'bearer' | 'anybody';

/**
 * One row of the route table. The handler, the OpenAPI document and the tests of responses all use
 * it.
 */
export interface Route {
  method: Method;
  /** As in OpenAPI: `/leastkey/v1/tokens/{id}`. */
  path: string;
  /** The operation id, from which generated clients take their names. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** The descriptions of the path parameters. */
  parameters?: Parameters;
  query?: Parameters;
  headers?: readonly ('If-Match' | 'If-None-Match' | 'Idempotency-Key')[];
  body?: Body;
  /** The responses except refusals, by status. */
  answers: Readonly<Record<number, RouteAnswer>>;
  /** The problems that it can answer. */
  refusals: readonly (RequestCode | ErrorCode)[];
  run(call: RouteCall): Promise<Response>;
}

export interface Body {
  /** The name of its schema. */
  schema: string;
  required: boolean;
  type: 'application/json' | 'application/x-www-form-urlencoded';
}

export interface RouteAnswer {
  description: string;
  /** Absent: there is no body. */
  schema?: Schema;
  /** Default `application/json`. */
  type?: string;
  headers?: readonly string[];
}

/** A request for its route. */
export interface RouteCall {
  request: Request;
  url: URL;
  /** The values of `{names}` in the path, decoded. */
  params: Readonly<Record<string, string>>;
  /** Whether it is a `HEAD` request: it must not change anything, and the response has no body. */
  head: boolean;
  tokens: Tokens;
  settings: HandlerSettings;
}

/** Problems of every request. */
export const ALWAYS = ['malformed_request', 'uri_too_long', 'headers_too_large', 'internal'] as const;

/** Problems of every request that reads the store. Each is a 503. */
export const UNAVAILABLE = ['store_unavailable', 'clock_unreliable', 'deadline_exceeded'] as const;

/** Problems of every request with a body. */
export const WITH_BODY = ['body_too_large', 'unsupported_media_type'] as const;

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** The host's `authenticate` returned a response, which is sent unchanged. */
export class HostAnswered extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super('the host has answered');
    this.response = response;
  }
}

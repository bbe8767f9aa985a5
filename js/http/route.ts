import type { ErrorCode } from '../api/codes.js';
import type { Tokens } from '../api/tokens.js';
import type { HandlerSettings } from './options.js';
import type { Parameters } from './query.js';
import type { RequestCode } from './refusal.js';
import type { Schema } from './schemas/schema.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who is let in: whom the host authenticates, an OAuth client, whoever may be one, the bearer of a credential, or anybody. */
export type Access = 'actor' | 'client' | 'client?' | 'bearer' | 'anybody';

/**
 * One row of the one table of this API: the handler routes by it, the OpenAPI document is written from it, and the tests
 * hold every answer against it.
 */
export interface Route {
  method: Method;
  /** As in OpenAPI: `/leastkey/v1/tokens/{id}`. */
  path: string;
  /** The operation's name, as clients that are made from the document call it. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** What the parameters of the path are. */
  parameters?: Parameters;
  query?: Parameters;
  headers?: readonly ('If-Match' | 'If-None-Match' | 'Idempotency-Key')[];
  body?: Body;
  /** The answers but refusals, by status. */
  answers: Readonly<Record<number, Answer>>;
  /** The problems that it can answer. */
  refusals: readonly (RequestCode | ErrorCode)[];
  run(call: Call): Promise<Response>;
}

export interface Body {
  /** The name of its schema. */
  schema: string;
  required: boolean;
  type: 'application/json' | 'application/x-www-form-urlencoded';
}

export interface Answer {
  description: string;
  /** Absent: there is no body. */
  schema?: Schema;
  /** Default `application/json`. */
  type?: string;
  headers?: readonly string[];
}

/** A request on its way to its route. */
export interface Call {
  request: Request;
  url: URL;
  /** The values of `{names}` in the path, decoded. */
  params: Readonly<Record<string, string>>;
  /** Whether it is a `HEAD` request: nothing may be made, and the body of the answer is left out. */
  head: boolean;
  tokens: Tokens;
  settings: HandlerSettings;
}

/** What every request can be refused for. */
export const ALWAYS = ['malformed_request', 'uri_too_long', 'headers_too_large', 'internal'] as const;

/** What every request can be refused for that reads the store, each a 503. */
export const UNAVAILABLE = ['store_unavailable', 'clock_unreliable', 'deadline_exceeded'] as const;

/** What every request with a body can be refused for. */
export const WITH_BODY = ['body_too_large', 'unsupported_media_type'] as const;

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** The host's `authenticate` has answered by itself: nothing of this API may change what it says. */
export class HostAnswered extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super('the host has answered');
    this.response = response;
  }
}

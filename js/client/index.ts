/**
 * A typed client of the HTTP API, for scripts, servers, edges and pages. It needs `fetch` alone,
 * and no WebAssembly.
 *
 * @packageDocumentation
 */

export type { ErrorCode, Problem } from '../api/codes.js';
export { LeastkeyError } from '../api/errors.js';
export type {
  Client,
  ClientAccounts,
  ClientJobs,
  ClientOAuth,
  ClientRevokeAllOptions,
  ClientSession,
  EndedSessionAnswer,
  ExchangeAnswer,
  Introspection,
  SessionAnswer,
} from './client-api.js';
export { createClient } from './create-client.js';
export type { ClientOptions } from './options.js';
export { ResponseError } from './response-error.js';

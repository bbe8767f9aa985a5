/**
 * The HTTP API of a deployment: session and OAuth endpoints, and the management API that a portal
 * needs. Beside it the guard of `leastkey/edge`, for a server that also has routes of its own to
 * protect.
 *
 * @packageDocumentation
 */

export type { GuardRequest } from '../api/call.js';
export type { ErrorContext, OnError } from '../api/on-error.js';
export {
  type Admission,
  createGuard,
  type Guard,
  type Guardable,
  type GuardCallOptions,
  type GuardOptions,
  type PassingVerdict,
} from '../guard/guard.js';
export { handler } from './handler.js';
export type { Client, HandlerOptions, PresentedClient } from './options.js';

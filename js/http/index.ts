/**
 * The HTTP API of a deployment: session and OAuth endpoints, and the management API that a portal needs.
 *
 * @packageDocumentation
 */
export { handler } from './handler.js';
export type { Client, PresentedClient } from './oauth/client.js';
export type { HandlerOptions } from './options.js';

/**
 * For servers on node:http, such as Express: the request for a guard, and a web-standard handler as
 * a listener.
 *
 * @packageDocumentation
 */

export type { IncomingBody, IncomingLike } from './node/incoming.js';
export { requestOf } from './node/request-of.js';
export { type OutgoingLike, sendResponse } from './node/send-response.js';
export { type NodeHandler, type OutgoingAnswer, toNodeHandler } from './node/to-node-handler.js';

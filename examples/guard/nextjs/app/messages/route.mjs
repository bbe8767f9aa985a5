/**
 * Next.js: a route handler, `app/messages/route.mjs`. `tokens` is your module that calls
 * `createTokens`.
 */

import { createGuard } from 'leastkey/edge';
import { tokens } from '../../../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

/** Makes a route handler that is called only for admitted requests. */
const guarded = (handle) => async (request) => {
  const { response, verdict } = await guard(request);
  return response ?? handle(request, verdict.token);
};

export const POST = guarded((_request, token) => new Response(`sent by ${token.name}`));
export const GET = guarded(() => Response.json([]));

/** Route handlers of Next.js that are called only for admitted requests. */

import { createGuard } from 'leastkey/edge';
import { tokens } from '../../../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

const guarded = (handle) => async (request) => {
  const { response, verdict } = await guard(request);
  return response ?? handle(request, verdict.token);
};

export const POST = guarded((_request, token) => new Response(`sent by ${token.name}`));
export const GET = guarded(() => Response.json([]));

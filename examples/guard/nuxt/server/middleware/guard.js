/** Nuxt and h3: the guard of every request, and the HTTP API. Routes find the token in `context`. */

import { createGuard } from 'leastkey/edge';
import { answer, tokens } from '../../../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

export default defineEventHandler(async (event) => {
  const request = toWebRequest(event);
  if (event.path.startsWith('/leastkey/')) return answer(request);
  const { response, verdict } = await guard(request);
  if (response) return response;
  event.context.token = verdict.token;
});

/** SvelteKit: the guard of every request, and the HTTP API. Routes find the token in `locals`. */

import { createGuard } from 'leastkey/edge';
import { answer, tokens } from '../../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

export async function handle({ event, resolve }) {
  if (event.url.pathname.startsWith('/leastkey/')) return answer(event.request);
  const { response, verdict } = await guard(event.request);
  if (response) return response;
  event.locals.token = verdict.token;
  return resolve(event);
}

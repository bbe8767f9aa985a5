/** Elysia, on Bun. Run it here: bun install, then bun server.mjs [port] */

import { Elysia } from 'elysia';
import { createGuard } from 'leastkey/edge';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });
const admitted = new WeakMap();

const app = new Elysia()
  .onRequest(async ({ request }) => {
    if (new URL(request.url).pathname.startsWith('/leastkey/')) return;
    const { response, verdict } = await guard(request);
    if (response) return response;
    admitted.set(request, verdict.token);
  })
  // The API reads its bodies itself.
  .all('/leastkey/*', ({ request }) => answer(request), { parse: 'none' })
  .post('/messages', ({ request }) => `sent by ${admitted.get(request).name}`)
  .listen({ port: Number(process.argv[2] ?? 8787), hostname: '127.0.0.1' });

await introduce(app.server.port);

/** Deno. Run it here: deno run --allow-net --allow-env server.mjs [port] */

import { createGuard } from 'leastkey/edge';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

async function serve(request) {
  if (new URL(request.url).pathname.startsWith('/leastkey/')) return answer(request);
  const { response, verdict } = await guard(request);
  return response ?? new Response(`sent by ${verdict.token.name}`);
}

const port = Number(Deno.args[0] ?? 8787);
Deno.serve({ port, hostname: '127.0.0.1', onListen: (address) => introduce(address.port) }, serve);

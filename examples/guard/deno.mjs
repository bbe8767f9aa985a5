/** Deno. Run it: deno run --allow-net deno.mjs [port] */

import { createGuard } from 'leastkey/edge';
import { introduce, tokens } from './deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

async function serve(request) {
  const { response, verdict } = await guard(request);
  return response ?? new Response(`sent by ${verdict.token.name}`);
}

const port = Number(Deno.args[0] ?? 8787);
Deno.serve({ port, hostname: '127.0.0.1', onListen: (address) => introduce(address.port) }, serve);

/** Bun. Run it here: bun server.mjs [port] */

import { createGuard } from 'leastkey/edge';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

const server = Bun.serve({
  port: Number(process.argv[2] ?? 8787),
  hostname: '127.0.0.1',
  routes: { '/leastkey/*': answer },
  async fetch(request) {
    const { response, verdict } = await guard(request);
    return response ?? new Response(`sent by ${verdict.token.name}`);
  },
});

await introduce(server.port);

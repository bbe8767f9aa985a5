/** The worker that serves requests. It only verifies tokens. */

import { env } from 'cloudflare:workers';
import { createVerifier } from 'leastkey/edge';
import { remoteStore } from 'leastkey/stores/durable-object';
import { catalog, prefix } from './catalog.mjs';

const verifier = await createVerifier({
  catalog,
  prefix,
  store: remoteStore(env.TOKENS, 'all'),
  clientIp: (request) => request.headers.get('cf-connecting-ip'),
});

export default {
  async fetch(request) {
    const { response, verdict } = await verifier.guard(request);
    return response ?? new Response(`sent by ${verdict.token.name}`);
  },
};

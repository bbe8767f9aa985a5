/**
 * The worker that manages tokens, and the object that stores them. `POST /tokens` creates one,
 * `DELETE /tokens/<id>` revokes it.
 */

import { DurableObject, env } from 'cloudflare:workers';
import { createTokens } from 'leastkey';
import { durableObjectStore, remoteStore } from 'leastkey/stores/durable-object';
import { catalog, prefix } from './catalog.mjs';

/**
 * The store: SQLite in one object, which every worker that is bound to it reaches by the same three
 * calls.
 */
export class TokenStore extends DurableObject {
  #store = durableObjectStore(this.ctx.storage);

  get(keys) {
    return this.#store.get(keys);
  }

  list(range) {
    return this.#store.list(range);
  }

  commit(writes) {
    return this.#store.commit(writes);
  }
}

const tokens = await createTokens({ catalog, prefix, store: remoteStore(env.TOKENS, 'all') });

export default {
  async fetch(request) {
    const actor = signedIn(request);
    if (actor === undefined) return new Response(null, { status: 401 });
    const { pathname } = new URL(request.url);
    const [, id] = /^\/tokens\/(\w+)$/.exec(pathname) ?? [];
    if (request.method === 'POST' && pathname === '/tokens') {
      const { name } = await request.json();
      const input = { kind: 'permission-set', name, owner: 'org:acme', templates: ['sender'] };
      return Response.json(await tokens.create(input, actor), { headers: { 'Cache-Control': 'no-store' } });
    }
    if (request.method === 'DELETE' && id !== undefined) {
      return Response.json(await tokens.revoke(id, {}, actor));
    }
    return new Response(null, { status: 404 });
  },
};

/**
 * The user that your own login authenticated. The example has one user, with a secret: wrangler
 * secret put PORTAL_KEY
 */
function signedIn(request) {
  const known = env.PORTAL_KEY !== undefined && request.headers.get('x-portal-key') === env.PORTAL_KEY;
  return known ? { id: 'user:ada', roles: { 'org:acme': 'admin' } } : undefined;
}

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
    const actor = await signedIn(request);
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
 * secret put PORTAL_KEY. Digests are compared in constant time.
 */
async function signedIn(request) {
  const [given, known] = await Promise.all(
    [request.headers.get('x-portal-key') ?? '', env.PORTAL_KEY ?? ''].map((text) =>
      crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)),
    ),
  );
  const isKnown = env.PORTAL_KEY !== undefined && crypto.subtle.timingSafeEqual(given, known);
  return isKnown ? { id: 'user:ada', roles: { 'org:acme': 'admin' } } : undefined;
}

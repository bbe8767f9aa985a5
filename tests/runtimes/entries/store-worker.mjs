/** A worker that hands the calls of a store on, so that the contract suite can reach D1 and Durable Objects from outside. */

import { DurableObject } from 'cloudflare:workers';
import { d1Store } from 'leastkey/stores/d1';
import { durableObjectStore, remoteStore } from 'leastkey/stores/durable-object';

let clock = 0;
const now = () => clock;

/** As in the guide, but for the clock of the test and the class of errors, which a remote call does not carry. */
export class TokenStore extends DurableObject {
  #store = durableObjectStore(this.ctx.storage, { now });

  call(method, argument, instant) {
    clock = instant;
    return outcome(() => this.#store[method](argument));
  }

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

const databases = new Map();

export default {
  async fetch(request, env) {
    const { kind, name, method, argument, instant } = await request.json();
    clock = instant;
    if (kind === 'd1') {
      if (!databases.has(name)) databases.set(name, d1Store(env[name], { now }));
      return Response.json(await outcome(() => databases.get(name)[method](argument)));
    }
    return Response.json(
      kind === 'remote'
        ? await outcome(() => remoteStore(env.TOKENS, name)[method](argument))
        : await env.TOKENS.getByName(name).call(method, argument, instant),
    );
  },
};

async function outcome(call) {
  try {
    return { answer: await call() };
  } catch ({ name, code, message }) {
    return { error: { name, code, message } };
  }
}

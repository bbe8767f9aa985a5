/**
 * A worker that forwards the calls of a store, so that the contract suite can reach D1 and Durable
 * Objects from outside.
 */

import { DurableObject } from 'cloudflare:workers';
import { d1Store } from 'leastkey/stores/d1';
import { durableObjectStore, remoteStore } from 'leastkey/stores/durable-object';

let clock = 0;

/** The clock of the test. Before the epoch it fails, in the middle of a commit. */
function now() {
  if (clock < 0) throw new Error('the clock is broken');
  return clock;
}

/** As in the guide, with the clock of the test. `call` returns errors as values. */
export class TokenStore extends DurableObject {
  #store = durableObjectStore(this.ctx.storage, { now });

  call(method, argument, instant) {
    clock = instant;
    return outcome(() => this.#store[method](argument));
  }

  setClock(instant) {
    clock = instant;
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
    const object = env.TOKENS.getByName(name);
    if (kind === 'object') return Response.json(await object.call(method, argument, instant));
    await object.setClock(instant);
    return Response.json(await outcome(() => remoteStore(env.TOKENS, name)[method](argument)));
  },
};

async function outcome(call) {
  try {
    return { answer: await call() };
  } catch ({ name, code, message }) {
    return { error: { name, code, message } };
  }
}

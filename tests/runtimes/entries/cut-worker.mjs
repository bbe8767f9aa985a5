/**
 * A worker whose clients reset their connections in the middle of calls, and its store, which holds
 * calls until it is released.
 */

import { DurableObject } from 'cloudflare:workers';
import { createTokens } from 'leastkey';
import { durableObjectStore, remoteStore } from 'leastkey/stores/durable-object';

const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

/** As in the guide, but it can hold the next call of a method. */
export class TokenStore extends DurableObject {
  #store = durableObjectStore(this.ctx.storage);
  #held;

  get(keys) {
    return this.#held?.method === 'get' ? this.#hold('get', keys) : this.#store.get(keys);
  }

  list(range) {
    return this.#store.list(range);
  }

  commit(writes) {
    return this.#held?.method === 'commit' ? this.#hold('commit', writes) : this.#store.commit(writes);
  }

  hold(method) {
    const [arrived, go] = [Promise.withResolvers(), Promise.withResolvers()];
    this.#held = { method, arrived, go };
  }

  /** Responds once a call is held. */
  async arrived() {
    await this.#held.arrived.promise;
  }

  letGo() {
    this.#held.go.resolve();
    this.#held = undefined;
  }

  async #hold(method, argument) {
    const held = this.#held;
    this.#held = { ...held, method: undefined };
    held.arrived.resolve();
    await held.go.promise;
    return this.#store[method](argument);
  }
}

let tokens;
const made = [];
/** The requests whose work finished. */
const ended = [];

const WORK = {
  revoke: ({ id }) => tokens.revoke(id, {}, admin).then(({ status }) => status),
  edit: ({ id }, turn) => tokens.edit(id, { tags: [turn] }, admin).then(({ tags }) => tags),
  use: ({ token }) => tokens.verify(token, undefined, { consume: 1 }).then(({ code }) => code),
  exchange: ({ token }) => tokens.exchange(token, {}).then(({ record }) => record.status),
  async flush({ token }) {
    await tokens.verify(token);
    return tokens.flush().then(({ flushed }) => flushed > 0);
  },
};

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, path, turn = ''] = url.pathname.split('/');
    const object = env.TOKENS.getByName('all');
    if (path === 'make') {
      tokens ??= await createTokens({
        catalog,
        store: remoteStore(env.TOKENS, 'all'),
        prefix: 'acme_test',
        deadline: '4s',
      });
      for (let index = 0; index < 2; index++) {
        const input = {
          kind: 'permission-set',
          name: `${turn} ${index}`,
          owner: 'org:acme',
          add: ['messages:send'],
        };
        const { token, record } = await tokens.create(
          { ...input, limits: { credits: { amount: 100 } } },
          admin,
        );
        made[index] = { token, id: record.id };
      }
      return Response.json(true);
    }
    if (path === 'hold') return Response.json((await object.hold(turn)) ?? true);
    if (path === 'arrived') return Response.json((await object.arrived()) ?? true);
    if (path === 'go') return Response.json((await object.letGo()) ?? true);
    if (path === 'ended') return Response.json(ended);
    const work = url.searchParams.get('work');
    const index = Number(url.searchParams.get('index'));
    try {
      const answer = await WORK[work](made[index], turn);
      ended.push(turn);
      return Response.json({ answer });
    } catch ({ code, message }) {
      return Response.json({ code, message });
    }
  },
};

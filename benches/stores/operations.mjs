/** The operations that are measured on each store, through the public API. */

import { createTokens } from 'leastkey';
import { actor, catalog, prefix } from '../contestants/leastkey.mjs';
import { required } from '../scenario.mjs';

/** Each client works on an owner of its own. */
const ownerOf = (client) => `org:${client}`;

/** The tokens of a page of `list`. */
const PAGE = 50;

/** Counts the calls of a store, and the keys and values in them. */
export function counting(store) {
  const zero = () => ({ gets: 0, keys: 0, lists: 0, commits: 0, writes: 0 });
  let counts = zero();
  return {
    take() {
      const taken = counts;
      counts = zero();
      return taken;
    },
    store: {
      get(keys) {
        counts.gets += 1;
        counts.keys += keys.length;
        return store.get(keys);
      },
      list(range) {
        counts.lists += 1;
        return store.list(range);
      },
      commit(writes) {
        counts.commits += 1;
        counts.writes += writes.length;
        return store.commit(writes);
      },
    },
  };
}

/** A deployment that reads the store for each verification. */
export const deploymentOn = (store) =>
  createTokens({ catalog, store, prefix, freshness: 0, usage: false, deadline: '60s' });

/** The living sessions that a token gets: many would make each further one more expensive. */
const SESSIONS = 20;

/**
 * In the order in which they are measured. Each is called with a client and returns a call, or
 * `undefined` when that client has no token left for it.
 */
export function operationsOn(tokens) {
  const clients = new Map();
  /** The tokens of a client: those that are changed in turn, and those that are to be revoked. */
  const of = (client) => {
    const known = clients.get(client) ?? { changed: [], unchanged: [], made: 0, turn: 0 };
    clients.set(client, known);
    return known;
  };
  const next = (client) => {
    const known = of(client);
    known.turn += 1;
    return known.changed[known.turn % known.changed.length];
  };
  return {
    create: (client) => async () => {
      const { changed, unchanged, made } = of(client);
      of(client).made += 1;
      const { token, record } = await tokens.create(inputOf(made, ownerOf(client)), actor);
      (made % 2 === 0 ? changed : unchanged).push({ id: record.id, token, sessions: 0 });
    },
    'verify, freshness 0': (client) => {
      const { token } = next(client);
      return async () => {
        const { code } = await tokens.verify(token, required);
        if (code !== 'valid') throw new Error(`A verdict is ${code}.`);
      };
    },
    'list, a page of 50': (client) => () => tokens.list({ owner: ownerOf(client), limit: PAGE }, actor),
    edit: (client) => {
      const { id } = next(client);
      const name = `Key ${id} ${of(client).turn}`;
      return () => tokens.edit(id, { name }, actor);
    },
    exchange: (client) => {
      const one = next(client);
      one.sessions += 1;
      return one.sessions > SESSIONS ? undefined : () => tokens.exchange(one.token, {});
    },
    rotate: (client) => {
      const one = next(client);
      return async () => {
        one.token = (await tokens.rotate(one.id, { grace: 0 }, actor)).token;
      };
    },
    revoke: (client) => {
      const one = of(client).unchanged.pop();
      return one && (() => tokens.revoke(one.id, {}, actor));
    },
  };
}

function inputOf(number, owner) {
  return { kind: 'permission-set', name: `Key ${number}`, owner, add: HELD, expiresIn: '90d' };
}

const HELD = Object.keys(catalog.services.messages.permissions)
  .slice(0, 20)
  .map((action) => `messages:${action}`);

/**
 * Runs an operation from several clients at once for a while, or until a client has nothing left.
 *
 * @param {(client: number) => (() => Promise<unknown>) | undefined} operation
 * @returns the milliseconds of each call, and how many there were in a second
 */
export async function load(operation, clients, milliseconds) {
  const times = [];
  const start = performance.now();
  let end = start + milliseconds;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < end) {
        const call = operation(client);
        if (call === undefined) {
          end = 0;
          return;
        }
        const began = performance.now();
        await call();
        times.push(performance.now() - began);
        // Synchronous stores would let no other client have its turn.
        await new Promise(setImmediate);
      }
    }),
  );
  return { times, perSecond: (times.length / (performance.now() - start)) * 1_000 };
}

/** Leastkey through its public API, as in its README. */

import { createTokens } from 'leastkey';
import { createGuard } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import {
  granted,
  heldBy,
  inTurn,
  KEYS,
  LIFETIME,
  permissions,
  required,
  requiredMany,
  textOf,
} from '../scenario.mjs';

export const actor = { id: 'user:1', roles: { '': 'admin' } };

/** More than the cache of an instance, so that no verification in turn finds its token cached. */
const MORE_THAN_CACHED = 12_000;

/** 100 owners take turns. */
export const ownerOf = (key) => `org:${key % 100}`;

/** A catalog of exactly these permissions, each a service and an action. */
export function catalogOf(permissions) {
  const services = {};
  for (const permission of permissions) {
    const [service, action] = permission.split(':');
    services[service] ??= { title: service, permissions: {} };
    services[service].permissions[action] = action;
  }
  return { services };
}

export const prefix = 'acme';
export const catalog = catalogOf(permissions);

/**
 * A deployment with tokens, and their credentials. `membersOf` has further members of the nth
 * `create`.
 */
export async function deployed({
  count = KEYS,
  freshness = '5s',
  capacity,
  store = memoryStore(),
  membersOf = () => ({}),
} = {}) {
  const tokens = await createTokens({ catalog, store, prefix, freshness, capacity });
  const credentials = [];
  for (let at = 0; at < count; at += 1) credentials.push(await createToken(tokens, at, membersOf(at)));
  return { tokens, credentials };
}

/** The credential of one more token. */
export async function createToken(tokens, at, members = {}) {
  const input = {
    kind: 'permission-set',
    name: `Key ${at}`,
    owner: ownerOf(at),
    add: heldBy(at),
    expiresIn: `${LIFETIME}ms`,
    ...members,
  };
  return (await tokens.create(input, actor)).token;
}

export const isRight = (verdict) => verdict.valid === true && verdict.token.permissions.length === 20;

/** A store that counts its reads. */
function counting(store) {
  const reads = { count: 0 };
  const get = (keys) => {
    reads.count += 1;
    return store.get(keys);
  };
  const list = (range) => store.list(range);
  const commit = (writes) => store.commit(writes);
  return { store: { get, list, commit }, reads };
}

/** With all tokens in the cache. */
async function cached(options) {
  const { tokens, credentials } = await deployed(options);
  for (const credential of credentials) await tokens.verify(credential);
  return { tokens, credentials };
}

export async function verifySync(options) {
  const { tokens, credentials } = await cached(options);
  const next = inTurn(credentials);
  return { call: () => tokens.verifySync(next(), required), isRight };
}

export async function verify(options) {
  const { tokens, credentials } = await cached(options);
  const next = inTurn(credentials);
  return { call: () => tokens.verify(next(), required), isRight };
}

/** 64 credentials in one call; the time of one of them. */
export async function verifyMany(options) {
  const { tokens, credentials } = await cached(options);
  const next = inTurn(credentials);
  const batch = () => Array.from({ length: 64 }, () => ({ credential: next(), requirement: required }));
  const batches = inTurn(Array.from({ length: KEYS }, batch));
  return {
    call: () => tokens.verifyMany(batches()),
    isRight: (verdicts) => verdicts.length === 64 && verdicts.every(isRight),
    read: (verdicts) => verdicts.every(({ valid }) => valid),
    per: 64,
  };
}

/**
 * Each verification misses the cache, reads its token from the store and inserts it. The reads are
 * counted, to check that there are enough tokens for this.
 */
export async function miss({ count = MORE_THAN_CACHED } = {}) {
  const { store, reads } = counting(memoryStore());
  const { tokens, credentials } = await deployed({ store, count });
  const next = inTurn(credentials);
  for (const credential of credentials) await tokens.verify(credential);
  let before = reads.count;
  return {
    call: () => tokens.verify(next(), required),
    isRight: (verdict) => {
      const isMissed = reads.count > before || count < MORE_THAN_CACHED;
      before = reads.count;
      return isRight(verdict) && isMissed;
    },
  };
}

/** Each verification reads the store, because it must see every change. */
export async function missWithoutFreshness({ count, capacity } = {}) {
  const { tokens, credentials } = await deployed({ count, capacity, freshness: 0 });
  const next = inTurn(credentials);
  return { call: () => tokens.verify(next(), required), isRight };
}

/** The same, where no token is kept to compare its values with. */
export const missWithoutRoom = (options) => missWithoutFreshness({ ...options, capacity: 1 });

export const refuseGarbage = (options) =>
  refusing(options, 'malformed', (credentials) => credentials.map((_, at) => textOf(60, at)));

export const refuseCorrupted = (options) =>
  refusing(options, 'bad_checksum', (credentials) =>
    credentials.map((credential) => credential.slice(0, -1) + (credential.endsWith('0') ? '1' : '0')),
  );

export const refuseUnknown = (options) =>
  refusing(options, 'unknown', (credentials, tokens) => credentials.map(() => tokens.mint().token));

/** The id of a token with another secret, whose checksum is right. */
export const refuseWrongSecret = (options) =>
  refusing(options, 'bad_secret', (credentials, tokens) =>
    credentials.map((credential) => tokens.mint({ id: tokens.verifySync(credential).token.id }).token),
  );

async function refusing({ count } = {}, code, wrong) {
  const { tokens, credentials } = await cached({ count });
  const next = inTurn(wrong(credentials, tokens));
  return {
    call: () => tokens.verifySync(next(), required),
    isRight: (verdict) => verdict.valid === false && verdict.code === code,
  };
}

/** A credential, its id and its digest, before anything is stored. */
export async function create() {
  const { tokens } = await deployed({ count: 0 });
  return {
    call: () => tokens.mint(),
    isRight: ({ token, id, digest }) => token.includes(id) && digest.length > 40,
  };
}

/** A token with very many permissions, and verifications that differ only in what they require. */
async function ofMany(requirement) {
  const all = { all: { title: 'All', permissions: ['**'] } };
  const tokens = await createTokens({
    catalog: { ...catalogOf(granted), templates: all },
    store: memoryStore(),
    prefix,
    freshness: '5s',
  });
  const input = {
    kind: 'permission-set',
    name: 'Many',
    owner: 'org:acme',
    templates: ['all'],
    expiresIn: `${LIFETIME}ms`,
  };
  const { token } = await tokens.create(input, actor);
  await tokens.verify(token);
  return {
    call: () => tokens.verifySync(token, requirement),
    isRight: (verdict) => verdict.valid === true && verdict.token.permissions.length === granted.length,
  };
}

export const noneOfMany = () => ofMany(undefined);
export const fiftyOfMany = () => ofMany(requiredMany);
export const fiftyOfManyFrozen = () => ofMany(Object.freeze([...requiredMany]));
export const fiftyOfManyAsText = () => ofMany(requiredMany.join(' AND '));

/** The guard of a service, for a request with a credential. */
export async function guard(options) {
  const { tokens, credentials } = await cached(options);
  const guarded = createGuard(tokens);
  const requests = credentials.map(
    (credential) =>
      new Request('https://api.acme.test/messages', { headers: { authorization: `Bearer ${credential}` } }),
  );
  const next = inTurn(requests);
  return { call: () => guarded(next(), required), isRight: ({ verdict }) => isRight(verdict) };
}

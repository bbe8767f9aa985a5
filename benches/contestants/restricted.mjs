/** Cached tokens with more to decide than a permission: sessions, and tokens with conditions. */

import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { inTurn, required } from '../scenario.mjs';
import { catalog, deployed, isRight, ownerOf, prefix } from './leastkey.mjs';

/** One session of each token. */
async function sessions({ count } = {}) {
  const { store, tokens, credentials } = await stored({ count });
  const exchanged = [];
  for (const credential of credentials) exchanged.push((await tokens.exchange(credential, {})).token);
  return { store, tokens, credentials: exchanged };
}

/** Tokens that only one network may use, at any of two audiences. */
const conditional = ({ count } = {}) => stored({ count, membersOf: () => ({ conditions }) });

const conditions = { ips: ['192.0.2.0/24'], audiences: ['messages', 'billing'] };
const request = { ip: '192.0.2.7', audience: 'messages' };

async function stored(options) {
  const store = memoryStore();
  return { store, ...(await deployed({ ...options, store })) };
}

/** By the deployment that made them. */
const byTokens = async ({ tokens, credentials }) => ({ verifier: tokens, credentials });

/** By `leastkey/edge`. */
async function byEdge({ store, credentials }) {
  return { verifier: await createVerifier({ catalog, store, prefix, freshness: '5s' }), credentials };
}

/** A permission on a resource of the token's owner, another one in each call. */
async function verifyingOn(made, by) {
  const { verifier, credentials } = await by(await made);
  let calls = 0;
  const call = () => {
    calls += 1;
    const at = calls % credentials.length;
    const resource = `${ownerOf(at)}/device:${calls % RESOURCES}`;
    return verifier.verifySync(credentials[at], { permission: required, resource });
  };
  for (const credential of credentials) await verifier.verify(credential, required);
  // The first requirement of its form takes the general way.
  call();
  return { call, isRight };
}

const RESOURCES = 100_000;

async function verifying(made, by, context) {
  const { verifier, credentials } = await by(await made);
  for (const credential of credentials) await verifier.verify(credential, required, context);
  const next = inTurn(credentials);
  return { call: () => verifier.verifySync(next(), required, context), isRight };
}

export const session = (options) => verifying(sessions(options), byTokens);
export const edgeSession = (options) => verifying(sessions(options), byEdge);
export const onResource = (options) => verifyingOn(stored(options), byTokens);
export const edgeOnResource = (options) => verifyingOn(stored(options), byEdge);
export const conditionsMet = (options) => verifying(conditional(options), byTokens, request);
export const edgeConditionsMet = (options) => verifying(conditional(options), byEdge, request);

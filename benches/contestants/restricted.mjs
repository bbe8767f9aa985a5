/** Cached tokens with more to decide than a permission: sessions, and tokens with conditions. */

import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { inTurn, required } from '../scenario.mjs';
import { catalog, deployed, isRight, prefix } from './leastkey.mjs';

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

async function verifying(made, by, context) {
  const { verifier, credentials } = await by(await made);
  for (const credential of credentials) await verifier.verify(credential, required, context);
  const next = inTurn(credentials);
  return { call: () => verifier.verifySync(next(), required, context), isRight };
}

export const session = (options) => verifying(sessions(options), byTokens);
export const edgeSession = (options) => verifying(sessions(options), byEdge);
export const conditionsMet = (options) => verifying(conditional(options), byTokens, request);
export const edgeConditionsMet = (options) => verifying(conditional(options), byEdge, request);

/** `leastkey/edge`: the verifier of a worker, which only reads. */

import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { inTurn, KEYS, required } from '../scenario.mjs';
import { catalog, deployed, isRight, prefix } from './leastkey.mjs';

/** A verifier of tokens that another deployment made. */
async function guarded(options) {
  const store = memoryStore();
  const { credentials } = await deployed({ ...options, store });
  const verifier = await createVerifier({ catalog, store, prefix, freshness: '5s' });
  for (const credential of credentials) await verifier.verify(credential);
  return { verifier, credentials };
}

export async function verifySync(options) {
  const { verifier, credentials } = await guarded(options);
  const next = inTurn(credentials);
  return { call: () => verifier.verifySync(next(), required), isRight };
}

/** The token view of the verdict is read too. */
export async function verifySyncAndRead(options) {
  const read = ({ token }) => token.permissions.length + token.owner.length;
  return { ...(await verifySync(options)), read };
}

export async function verify(options) {
  const { verifier, credentials } = await guarded(options);
  const next = inTurn(credentials);
  return { call: () => verifier.verify(next(), required), isRight };
}

export async function verifyMany(options) {
  const { verifier, credentials } = await guarded(options);
  const next = inTurn(credentials);
  const batch = () => Array.from({ length: 64 }, () => ({ credential: next(), requirement: required }));
  const batches = inTurn(Array.from({ length: KEYS }, batch));
  return {
    call: () => verifier.verifyMany(batches()),
    isRight: (verdicts) => verdicts.length === 64 && verdicts.every(isRight),
    read: (verdicts) => verdicts.every(({ valid }) => valid),
    per: 64,
  };
}

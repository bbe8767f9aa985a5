/**
 * Biscuit tokens: a signature, and a rule engine for expiry and permission. Revocation is a lookup
 * of their ids.
 */

import { authorizer, Biscuit, biscuit, KeyPair } from '@biscuit-auth/biscuit-wasm';
import { heldBy, inTurn, LIFETIME, required } from '../scenario.mjs';

/** Fewer than the others have: signing is slow, and the number makes no difference. */
const COUNT = 100;

/** The default of a millisecond is too short on a busy machine. */
const PATIENT = { max_time_micro: 1_000_000 };

export function verify() {
  const pair = new KeyPair();
  const expiresAt = new Date(Date.now() + LIFETIME);
  const tokens = Array.from({ length: COUNT }, (_, at) => {
    const builder = biscuit`check if time($time), $time < ${expiresAt};`;
    for (const permission of heldBy(at)) builder.addCode(`right("${permission}");`);
    return builder.build(pair.getPrivateKey()).toBase64();
  });
  const root = pair.getPublicKey();
  const revoked = new Set();
  const check = (text) => {
    const token = Biscuit.fromBase64(text, root);
    const rules = authorizer`time(${new Date()}); allow if right(${required});`;
    try {
      if (token.getRevocationIdentifiers().some((id) => revoked.has(id))) return false;
      rules.addToken(token);
      rules.authorizeWithLimits(PATIENT);
      return true;
    } finally {
      rules.free();
      token.free();
    }
  };
  const next = inTurn(tokens);
  return { call: () => check(next()), isRight: (valid) => valid === true };
}

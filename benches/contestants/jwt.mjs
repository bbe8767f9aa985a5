/**
 * Signed tokens (HS256) that carry their permissions. Revocation is looked up by the id, as it must
 * be.
 */

import { createSecretKey } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { heldBy, inTurn, KEYS, LIFETIME, required, textOf } from '../scenario.mjs';

const secret = textOf(32, 0);

function issued() {
  const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: LIFETIME });
  const tokens = Array.from({ length: KEYS }, (_, at) =>
    sign({ jti: textOf(16, at), permissions: heldBy(at) }),
  );
  const standing = new Map(tokens.map((_, at) => [textOf(16, at), 'active']));
  const decide = ({ jti, permissions }) => standing.get(jti) === 'active' && permissions.includes(required);
  return { next: inTurn(tokens), decide };
}

const isRight = (valid) => valid === true;

export function jose() {
  const { next, decide } = issued();
  const key = createSecretKey(Buffer.from(secret));
  const check = async (token) => decide((await jwtVerify(token, key, { algorithms: ['HS256'] })).payload);
  return { call: () => check(next()), isRight };
}

export function fastJwt() {
  const { next, decide } = issued();
  const verify = createVerifier({ key: secret, algorithms: ['HS256'] });
  return { call: () => decide(verify(next())), isRight };
}

/** It caches verified tokens by their digest. */
export function fastJwtCached() {
  const { next, decide } = issued();
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache: KEYS });
  return { call: () => decide(verify(next())), isRight };
}

/**
 * prefixed-api-key checks the digest; the Map, expiry, status and permission are by hand, because
 * its README leaves them to the user.
 */

import prefixed from 'prefixed-api-key';
import { heldBy, inTurn, KEYS, LIFETIME, required } from '../scenario.mjs';

const { checkAPIKey, extractShortToken, generateAPIKey } = prefixed;

const generate = () => generateAPIKey({ keyPrefix: 'acme', shortTokenLength: 16, longTokenLength: 30 });

export async function verify() {
  const records = new Map();
  const keys = [];
  for (let at = 0; at < KEYS; at += 1) {
    const { shortToken, longTokenHash, token } = await generate();
    const expiresAt = Date.now() + LIFETIME;
    records.set(shortToken, { longTokenHash, status: 'active', expiresAt, permissions: new Set(heldBy(at)) });
    keys.push(token);
  }
  const check = (key, permission) => {
    const record = records.get(extractShortToken(key));
    return (
      record !== undefined &&
      checkAPIKey(key, record.longTokenHash) &&
      record.status === 'active' &&
      Date.now() < record.expiresAt &&
      record.permissions.has(permission)
    );
  };
  const next = inTurn(keys);
  return { call: () => check(next(), required), isRight: (valid) => valid === true };
}

export function create() {
  return {
    call: generate,
    isRight: ({ token, longTokenHash }) => token.length > 40 && longTokenHash.length === 64,
  };
}

/**
 * A check written by hand on `crypto.subtle`, which every runtime has and which returns promises.
 */

import { heldBy, inTurn, KEYS, LIFETIME, required, textOf } from '../scenario.mjs';

const PREFIX = 'acme_';
const ID = 16;
const SECRET = 30;

const encoder = new TextEncoder();

const idOf = (key) => key.slice(PREFIX.length, PREFIX.length + ID);
const digestOf = async (key) => new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(key)));

export async function verify() {
  const keys = Array.from({ length: KEYS }, (_, at) => PREFIX + textOf(ID + SECRET, at));
  const records = new Map();
  for (const [at, key] of keys.entries()) {
    const expiresAt = Date.now() + LIFETIME;
    const permissions = new Set(heldBy(at));
    records.set(idOf(key), { digest: await digestOf(key), status: 'active', expiresAt, permissions });
  }
  const check = async (key, permission) => {
    if (!key.startsWith(PREFIX)) return { valid: false };
    const digest = await digestOf(key);
    const record = records.get(idOf(key));
    if (record === undefined || !isEqual(digest, record.digest)) return { valid: false };
    if (record.status !== 'active' || Date.now() >= record.expiresAt) return { valid: false };
    return { valid: record.permissions.has(permission), record };
  };
  const next = inTurn(keys);
  return { call: () => check(next(), required), isRight: (verdict) => verdict.valid === true };
}

/** In constant time. */
function isEqual(one, other) {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at += 1) difference |= one[at] ^ other[at];
  return difference === 0;
}

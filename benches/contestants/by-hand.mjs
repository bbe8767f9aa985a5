/** A check written by hand on node:crypto. `verify` is the baseline of all figures. */

import * as crypto from 'node:crypto';
import { heldBy, inTurn, KEYS, LIFETIME, required, textOf } from '../scenario.mjs';

const { createHash, randomBytes, timingSafeEqual } = crypto;

const PREFIX = 'acme_';
const ID = 16;
const SECRET = 30;

const keyOf = (at) => PREFIX + textOf(ID + SECRET, at);
const idOf = (key) => key.slice(PREFIX.length, PREFIX.length + ID);
const digestOf = (key) => createHash('sha256').update(key).digest();

const keys = Array.from({ length: KEYS }, (_, at) => keyOf(at));

const recordOf = (at) => ({
  digest: digestOf(keys[at]),
  status: 'active',
  expiresAt: Date.now() + LIFETIME,
  permissions: new Set(heldBy(at)),
});

const UNKNOWN = { valid: false, code: 'unknown' };
const INSUFFICIENT = { valid: false, code: 'insufficient_permission' };

function decide(record, permission) {
  if (record.status !== 'active' || Date.now() >= record.expiresAt) return UNKNOWN;
  if (!record.permissions.has(permission)) return INSUFFICIENT;
  return { valid: true, code: 'valid', record };
}

/**
 * Looks a key up by its id, compares the digests in constant time, then checks expiry, status and
 * permission.
 */
function verifier() {
  const records = new Map(keys.map((key, at) => [idOf(key), recordOf(at)]));
  return (key, permission) => {
    if (!key.startsWith(PREFIX)) return UNKNOWN;
    const record = records.get(idOf(key));
    if (record === undefined || !timingSafeEqual(digestOf(key), record.digest)) return UNKNOWN;
    return decide(record, permission);
  };
}

export const isRight = (verdict) => verdict.valid === true;
const isRefused = (verdict) => verdict.valid === false;

export function verify() {
  const check = verifier();
  const next = inTurn(keys);
  return { call: () => check(next(), required), isRight };
}

/** The same with `crypto.hash` (Node 20.12), and with the digest as the key of the Map. */
export function verifyByDigest() {
  const { hash } = crypto;
  const records = new Map(keys.map((key, at) => [hash('sha256', key, 'hex'), recordOf(at)]));
  const next = inTurn(keys);
  const check = (key, permission) => {
    const record = records.get(hash('sha256', key, 'hex'));
    return record === undefined ? UNKNOWN : decide(record, permission);
  };
  return { call: () => check(next(), required), isRight };
}

/** Records as a database has them: JSON text, from a promise. */
export function miss() {
  const texts = new Map(
    keys.map((key, at) => {
      const { digest, permissions, ...rest } = recordOf(at);
      return [
        idOf(key),
        JSON.stringify({ ...rest, digest: digest.toString('hex'), permissions: [...permissions] }),
      ];
    }),
  );
  const read = async (id) => texts.get(id);
  const next = inTurn(keys);
  const check = async (key, permission) => {
    const text = await read(idOf(key));
    if (text === undefined) return UNKNOWN;
    const { digest, permissions, ...record } = JSON.parse(text);
    if (!timingSafeEqual(digestOf(key), Buffer.from(digest, 'hex'))) return UNKNOWN;
    return decide({ ...record, permissions: new Set(permissions) }, permission);
  };
  return { call: () => check(next(), required), isRight };
}

/** Text that is not a key. */
export function refuseGarbage() {
  return refusing(keys.map((_, at) => textOf(60, at + KEYS)));
}

/** A real key with another last character. */
export function refuseCorrupted() {
  return refusing(keys.map((key) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')));
}

/** A well-formed key that does not exist. */
export function refuseUnknown() {
  return refusing(keys.map((_, at) => keyOf(at + KEYS)));
}

function refusing(wrong) {
  const check = verifier();
  const next = inTurn(wrong);
  return { call: () => check(next(), required), isRight: isRefused };
}

export function create() {
  return {
    call: () => {
      const key =
        PREFIX +
        randomBytes(35)
          .toString('base64url')
          .slice(0, ID + SECRET);
      return { key, id: idOf(key), digest: createHash('sha256').update(key).digest('hex') };
    },
    isRight: ({ key, id, digest }) => key.length === 51 && id.length === ID && digest.length === 64,
  };
}

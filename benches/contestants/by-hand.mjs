/** A check written by hand on node:crypto. `verify` is the baseline of all figures. */

import * as crypto from 'node:crypto';
import { digestOf, ID, idOf, keyOf, keysOf, PREFIX, recordOf, SECRET } from '../keys.mjs';
import { inTurn, KEYS, PERSONAL, required, textOf } from '../scenario.mjs';

const { createHash, randomBytes, timingSafeEqual } = crypto;

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
function verifier(keys) {
  const records = new Map(keys.map((key, at) => [idOf(key), recordOf(key, at)]));
  return (key, permission) => {
    if (!key.startsWith(PREFIX)) return UNKNOWN;
    const record = records.get(idOf(key));
    if (record === undefined || !timingSafeEqual(digestOf(key), record.digest)) return UNKNOWN;
    return decide(record, permission);
  };
}

/** With `crypto.hash` (Node 20.12), and with the digest as the key of the Map. */
function verifierByDigest(keys) {
  const { hash } = crypto;
  const records = new Map(keys.map((key, at) => [hash('sha256', key, 'hex'), recordOf(key, at)]));
  return (key, permission) => {
    const record = records.get(hash('sha256', key, 'hex'));
    return record === undefined ? UNKNOWN : decide(record, permission);
  };
}

export const isRight = (verdict) => verdict.valid === true;
const isRefused = (verdict) => verdict.valid === false;

export function verify({ count = KEYS } = {}) {
  const keys = keysOf(count);
  const check = verifier(keys);
  const next = inTurn(keys);
  return { call: () => check(next(), required), isRight };
}

export function verifyByDigest({ count = KEYS } = {}) {
  const keys = keysOf(count);
  const check = verifierByDigest(keys);
  const next = inTurn(keys);
  return { call: () => check(next(), required), isRight };
}

export const verifyPersonal = ({ count = PERSONAL } = {}) => verify({ count });
export const verifyPersonalByDigest = ({ count = PERSONAL } = {}) => verifyByDigest({ count });

/** Records as a database has them: JSON text, from a promise. */
export function miss({ count = KEYS } = {}) {
  const keys = keysOf(count);
  const texts = new Map(
    keys.map((key, at) => {
      const { digest, permissions, ...rest } = recordOf(key, at);
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

/** The same by digest. */
export function missByDigest({ count = KEYS } = {}) {
  const { hash } = crypto;
  const keys = keysOf(count);
  const texts = new Map(
    keys.map((key, at) => {
      const { status, expiresAt, permissions } = recordOf(key, at);
      return [
        hash('sha256', key, 'hex'),
        JSON.stringify({ status, expiresAt, permissions: [...permissions] }),
      ];
    }),
  );
  const read = async (digest) => texts.get(digest);
  const next = inTurn(keys);
  const check = async (key, permission) => {
    const text = await read(hash('sha256', key, 'hex'));
    if (text === undefined) return UNKNOWN;
    const { permissions, ...record } = JSON.parse(text);
    return decide({ ...record, permissions: new Set(permissions) }, permission);
  };
  return { call: () => check(next(), required), isRight };
}

/** Text that is not a key. */
export const refuseGarbage = (options) => refusing(options, (_, at) => textOf(60, at + KEYS));

/** A real key with another last character. */
export const refuseCorrupted = (options) =>
  refusing(options, (key) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0'));

/** A well-formed key that does not exist. */
export const refuseUnknown = (options) => refusing(options, (_, at) => keyOf(at + KEYS));

/** The id of a real key with another secret. */
export const refuseWrongSecret = (options) =>
  refusing(options, (key, at) => key.slice(0, -SECRET) + textOf(SECRET, at + KEYS));

/** A key that does not exist costs as much as any other wrong text. */
export const refuseByDigest = (options) => refusing(options, (_, at) => keyOf(at + KEYS), verifierByDigest);

function refusing({ count = KEYS } = {}, wrong, checks = verifier) {
  const keys = keysOf(count);
  const check = checks(keys);
  const next = inTurn(keys.map(wrong));
  return { call: () => check(next(), required), isRight: isRefused };
}

export const create = () => creating((key) => createHash('sha256').update(key).digest('hex'));

export const createByHash = () => creating((key) => crypto.hash('sha256', key, 'hex'));

function creating(hexDigestOf) {
  return {
    call: () => {
      const key =
        PREFIX +
        randomBytes(35)
          .toString('base64url')
          .slice(0, ID + SECRET);
      return { key, id: idOf(key), digest: hexDigestOf(key) };
    },
    isRight: ({ key, id, digest }) => key.length === 51 && id.length === ID && digest.length === 64,
  };
}

/** The keys and records of checks that are written by hand. */

import { createHash } from 'node:crypto';
import { heldBy, LIFETIME, textOf } from './scenario.mjs';

export const PREFIX = 'acme_';
export const ID = 16;
export const SECRET = 30;

export const keyOf = (at) => PREFIX + textOf(ID + SECRET, at);

/** This number of keys, of which no two are equal. */
export const keysOf = (count) => Array.from({ length: count }, (_, at) => keyOf(at));

export const idOf = (key) => key.slice(PREFIX.length, PREFIX.length + ID);

export const digestOf = (key) => createHash('sha256').update(key).digest();

export const recordOf = (key, at) => ({
  digest: digestOf(key),
  status: 'active',
  expiresAt: Date.now() + LIFETIME,
  permissions: new Set(heldBy(at)),
});

/** By hand on `node:crypto`. */

export { prepare } from './web-crypto.mjs';

export async function first({ key, digest, expiresAt, permissions }, required) {
  const { createHash, timingSafeEqual } = await import('node:crypto');
  const isEqual = timingSafeEqual(createHash('sha256').update(key).digest(), Buffer.from(digest, 'hex'));
  return isEqual && Date.now() < expiresAt && new Set(permissions).has(required);
}

/** By hand on `crypto.subtle`. */

export async function prepare() {
  const { createHash } = await import('node:crypto');
  const { heldBy, LIFETIME, textOf } = await import('../scenario.mjs');
  const key = `acme_${textOf(46, 0)}`;
  const digest = createHash('sha256').update(key).digest('hex');
  return { key, digest, expiresAt: Date.now() + LIFETIME, permissions: heldBy(0) };
}

export async function first({ key, digest, expiresAt, permissions }, required) {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
  const found = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return found === digest && Date.now() < expiresAt && new Set(permissions).has(required);
}

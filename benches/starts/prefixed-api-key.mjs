/** prefixed-api-key, with the record by hand. */

export async function prepare() {
  const { default: prefixed } = await import('prefixed-api-key');
  const { heldBy, LIFETIME } = await import('../scenario.mjs');
  const { token, longTokenHash } = await prefixed.generateAPIKey({ keyPrefix: 'acme' });
  return { token, longTokenHash, expiresAt: Date.now() + LIFETIME, permissions: heldBy(0) };
}

export async function first({ token, longTokenHash, expiresAt, permissions }, required) {
  const { default: prefixed } = await import('prefixed-api-key');
  return (
    prefixed.checkAPIKey(token, longTokenHash) && Date.now() < expiresAt && new Set(permissions).has(required)
  );
}

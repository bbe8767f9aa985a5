/** A signed token (HS256). */

const secret = 'a secret of these benches and of nothing else';

export async function prepare() {
  const { createSigner } = await import('fast-jwt');
  const { heldBy, LIFETIME } = await import('../scenario.mjs');
  const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: LIFETIME });
  return { token: sign({ jti: 'one', permissions: heldBy(0) }) };
}

export async function first({ token }, required) {
  const { jwtVerify } = await import('jose');
  const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), { algorithms: ['HS256'] });
  return payload.permissions.includes(required);
}

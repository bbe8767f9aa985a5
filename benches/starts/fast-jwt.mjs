/** A signed token (HS256). */

const secret = 'a secret of these benches and of nothing else';

export { prepare } from './jose.mjs';

export async function first({ token }, required) {
  const { createVerifier } = await import('fast-jwt');
  return createVerifier({ key: secret, algorithms: ['HS256'] })(token).permissions.includes(required);
}

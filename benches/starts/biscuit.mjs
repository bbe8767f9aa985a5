/** A Biscuit token. */

export async function prepare() {
  const { biscuit, KeyPair } = await import('@biscuit-auth/biscuit-wasm');
  const { heldBy, LIFETIME } = await import('../scenario.mjs');
  const pair = new KeyPair();
  const builder = biscuit`check if time($time), $time < ${new Date(Date.now() + LIFETIME)};`;
  for (const permission of heldBy(0)) builder.addCode(`right("${permission}");`);
  return {
    token: builder.build(pair.getPrivateKey()).toBase64(),
    root: pair.getPublicKey().toString(),
  };
}

export async function first({ token, root }, required) {
  const { authorizer, Biscuit, PublicKey } = await import('@biscuit-auth/biscuit-wasm');
  const rules = authorizer`time(${new Date()}); allow if right(${required});`;
  rules.addToken(Biscuit.fromBase64(token, PublicKey.fromString(root)));
  rules.authorizeWithLimits({ max_time_micro: 1_000_000 });
  return true;
}

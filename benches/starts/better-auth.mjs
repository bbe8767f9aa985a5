/** Better Auth, with the data of its secondary storage. */

export async function prepare() {
  const { deployed } = await import('../contestants/better-auth.mjs');
  const { create, stored } = await deployed();
  const { key } = await create(0);
  return { key, stored: [...stored] };
}

export async function first({ key, stored }, required) {
  const { deployed } = await import('../contestants/better-auth.mjs');
  const { auth } = await deployed({ stored: new Map(stored), signUp: false });
  const [service, action] = required.split(':');
  return (await auth.api.verifyApiKey({ body: { key, permissions: { [service]: [action] } } })).valid;
}

/** The verifier of a worker, on a filled store. */

export async function prepare() {
  const { memoryStore } = await import('leastkey/stores/memory');
  const { catalog, deployed, prefix } = await import('../contestants/leastkey.mjs');
  const store = memoryStore();
  const { credentials } = await deployed({ store, count: 1 });
  const values = Object.fromEntries(
    store.list({ prefix: '', limit: 1_000 }).map(({ key, value }) => [key, value]),
  );
  return { credential: credentials[0], values, catalog, prefix };
}

export async function first({ credential, values, catalog, prefix }, required) {
  const { createVerifier } = await import('leastkey/edge');
  const store = { get: (keys) => keys.map((key) => values[key] ?? null) };
  const verifier = await createVerifier({ catalog, store, prefix, freshness: '5s' });
  return (await verifier.verify(credential, required)).valid;
}

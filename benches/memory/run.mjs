/**
 * The memory of a verifier for its cached tokens: `node --expose-gc memory/run.mjs <file>`. The
 * file has the content of the store and the credentials. Nothing else runs in this process, so that
 * nothing else grows. Prints bytes.
 */

import { readFileSync } from 'node:fs';

const memories = watchMemories();
const { createVerifier } = await import('leastkey/edge');
const { values, credentials, catalog, prefix } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const held = new Map(Object.entries(values));
const store = { get: (keys) => keys.map((key) => held.get(key) ?? null) };
const verifier = await createVerifier({ catalog, store, prefix, freshness: '1h' });

await verifyAll(credentials.slice(0, 1));
const before = await measured();
await verifyAll(credentials);
const after = await measured();
await verifyAll(credentials);
const again = await measured();
console.log(JSON.stringify({ before, after, again }));

async function verifyAll(some) {
  for (const credential of some) {
    const { code, token } = await verifier.verify(credential);
    // Read, because lazy members may be cached.
    if (code !== 'valid' || token.permissions.length !== 20) throw new Error(`A verdict is wrong: ${code}`);
  }
}

async function measured() {
  for (let time = 0; time < 4; time += 1) {
    // The garbage of a promise may be collected in the next turn.
    await new Promise((done) => setImmediate(done));
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  const linear = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  return { heap: heapUsed, linear, external: external - linear };
}

/** The memories of all instances that are created from now on. */
function watchMemories() {
  const found = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      if (this.exports.memory !== undefined) found.push(this.exports.memory);
    }
  };
  return found;
}

/**
 * The memory of a verifier for its cached tokens: `node --expose-gc memory/run.mjs <question>`, as
 * JSON: the file of the store, that of the credentials, how many of them, and the capacity of the
 * cache. Nothing else runs in this process, so that nothing else grows. Prints bytes.
 */

import { readFileSync } from 'node:fs';
import { sqliteStore } from 'leastkey/stores/sqlite';

const memories = watchMemories();
const { createVerifier } = await import('leastkey/edge');
const { file, credentialsFile, count, capacity, catalog, prefix } = JSON.parse(process.argv[2]);
const credentials = readFileSync(credentialsFile, 'latin1').split('\n').slice(0, count);
const store = sqliteStore({ path: file });
const verifier = await createVerifier({ catalog, store, prefix, freshness: '1h', capacity });

await verifyAll(credentials.slice(0, 1));
const before = await measured();
await verifyAll(credentials);
const after = await measured();
await verifyAll(credentials);
const again = await measured();
store.close();
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

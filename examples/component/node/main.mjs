/**
 * Creates a token with the manager and verifies it with the verifier, both components, on a store
 * in memory: `node main.mjs <folder of the transpiled components>`.
 */

import { readFileSync } from 'node:fs';
import { memoryStore } from 'leastkey/stores/memory';
import { applyFeed, load, run, verify } from './host.mjs';

const folder = process.argv[2] ?? '.';
const catalog = readFileSync(new URL('../../catalogs/permission-set.json', import.meta.url), 'utf8');
const config = JSON.stringify({ prefix: 'acme_test' });

const { management } = await load(folder, 'manager');
const { verification } = await load(folder, 'verifier');
management.configure(config, catalog);
const { feedKeys } = verification.configure(config, catalog, 10_000);

const store = memoryStore();
const { permissions } = JSON.parse(management.resolve(JSON.stringify({ templates: [firstTemplate()] })));
const { answer, credential } = await run(management, store, {
  op: 'create',
  input: { kind: 'permission-set', name: 'Nightly', owner: 'org:acme', templates: [firstTemplate()] },
  actor: { id: 'user:ada', roles: { 'org:acme': 'admin' } },
});
console.log(`created ${answer.record.name}`);

await applyFeed(verification, store, feedKeys);
const question = { requirement: [{ permission: permissions[0] }], authenticateOnly: false };
const { code, token } = await verify(verification, store, credential, question);
console.log(`from the store: ${code} for ${token.owner}`);
const cached = verification.lookupVerdict(credential, question, BigInt(Date.now()), 5_000n);
console.log(`from the cache: ${cached.code}`);

function firstTemplate() {
  return Object.keys(JSON.parse(catalog).templates)[0];
}

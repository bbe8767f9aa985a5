/**
 * `npm run test:component:rust`: the example of a host in Rust, over wasmtime. Compiling that takes
 * three minutes of processor time, so it has a script of its own.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentFolder } from './build/component.mjs';
import { build } from './build.mjs';
import { buildComponents } from './build-component.mjs';
import { inBuild, inCache, inClone } from './paths.mjs';
import { Failure, report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

const folder = inClone('examples/component/rust');
const catalog = JSON.stringify({ services: { s: { title: 'S', permissions: { read: 'R', write: 'W' } } } });

try {
  await build();
  await buildComponents();
  const args = ['run', '--quiet', '--locked', '--target-dir', inCache('target-component-host'), '--'];
  for (const [requirement, code] of [
    ['s:read', 'valid'],
    ['s:write', 'insufficient_permission'],
  ]) {
    const facts = inBuild('component', 'facts.json');
    writeFileSync(facts, JSON.stringify(await makeFacts(requirement)));
    const said = await run('cargo', [...args, join(componentFolder, 'verifier.wasm'), facts], {
      cwd: folder,
    });
    if (said.trim() !== code) throw new Failure(`The host in Rust said ${said.trim()}, not ${code}.`);
    console.log(`${requirement}: ${code}`);
  }
} catch (error) {
  report(error);
}

/** A token in a store, made by the package for JavaScript. */
async function makeFacts(requirement) {
  const { createTokens } = await import('leastkey');
  const { memoryStore } = await import('leastkey/stores/memory');
  const store = memoryStore();
  const prefix = 'acme_test';
  const tokens = await createTokens({ catalog: JSON.parse(catalog), store, prefix });
  const input = { kind: 'permission-set', name: 'n', owner: 'org:acme', add: ['s:read'] };
  const { token } = await tokens.create(input, { id: 'user:ada', roles: { '': 'admin' } });
  const entries = store.list({ prefix: '', limit: 1_000 }).map(({ key, value }) => [key, value]);
  return { prefix, catalog, requirement, credential: token, entries, now: Date.now() };
}

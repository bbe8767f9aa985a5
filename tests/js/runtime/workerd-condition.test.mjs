/**
 * What the package does differently under the condition `workerd`, in a bundle for it that runs
 * here: one clock, and credentials written by their code units.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'leastkey-workerd-condition-'));

/** As workerd does it: a module that is imported is compiled. */
const compiledModules = {
  name: 'compiled modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      namespace: 'compiled',
    }));
    onLoad({ filter: /.*/, namespace: 'compiled' }, ({ path }) => ({
      contents: `import { readFileSync } from 'node:fs';
        export default new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));`,
    }));
  },
};

/** The package under a condition. */
async function bundled(condition) {
  const outfile = join(folder, `${condition}.mjs`);
  await build({
    stdin: {
      contents: `export { createTokens } from 'leastkey';
        export { createVerifier } from 'leastkey/edge';
        export { memoryStore } from 'leastkey/stores/memory';`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    conditions: [condition],
    external: ['node:*'],
    plugins: [compiledModules],
    tsconfigRaw: {},
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
const input = { kind: 'permission-set', name: 'Sender', owner: 'org:acme', add: ['messages:send'] };

let workerd;
const { now: dateNow } = Date;
const { now: performanceNow } = performance;

before(async () => {
  workerd = await bundled('workerd');
});

afterEach(() => {
  Date.now = dateNow;
  performance.now = performanceNow;
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** A verifier of a worker, and a token that it has verified. */
async function cached() {
  const store = workerd.memoryStore();
  const options = { catalog, store, prefix: 'acme', freshness: '5s' };
  const tokens = await workerd.createTokens(options);
  const verifier = await workerd.createVerifier(options);
  const { token, record } = await tokens.create(input, admin);
  const ask = (credential = token) => verifier.verify(credential, 'messages:send');
  for (let time = 0; time < 3; time++) assert.equal((await ask()).code, 'valid');
  return { tokens, verifier, token, id: record.id, ask };
}

describe('under the condition workerd', () => {
  test('a cache hit reads one clock', async () => {
    const { verifier, token } = await cached();
    const reads = { date: 0, performance: 0 };
    Date.now = () => {
      reads.date += 1;
      return dateNow();
    };
    performance.now = () => {
      reads.performance += 1;
      return performanceNow.call(performance);
    };
    assert.equal(verifier.verifySync(token, 'messages:send').code, 'valid');
    assert.deepEqual(reads, { date: 1, performance: 0 });
  });

  test('a clock that was set back lengthens the freshness window by nothing', async () => {
    const clock = { now: dateNow() };
    Date.now = () => clock.now;
    const { tokens, id, ask } = await cached();
    clock.now -= 3_600_000;
    assert.equal((await ask()).code, 'valid');
    await tokens.revoke(id, {}, admin);
    clock.now += 5_000;
    assert.equal((await ask()).code, 'revoked');
  });

  test('a token ends by the highest reading of the clock', async () => {
    const clock = { now: dateNow() };
    Date.now = () => clock.now;
    const { tokens, verifier } = await cached();
    const { token } = await tokens.create({ ...input, name: 'Short', expiresIn: '1h' }, admin);
    assert.equal((await verifier.verify(token)).code, 'valid');
    clock.now += 3_600_000;
    assert.equal((await verifier.verify(token)).code, 'expired');
    clock.now -= 1_800_000;
    assert.equal((await verifier.verify(token)).code, 'expired');
  });

  test('no unit but the right one is taken for a character, at any place', async () => {
    const { verifier, token, ask } = await cached();
    for (let at = 0; at < token.length; at++) {
      const right = token.charCodeAt(at);
      // The low byte of the first ones is the right character.
      for (const unit of [right + 0x100, right + 0xff00, right + 0xd800, right | 0x80, right ^ 1, 0]) {
        const text = token.slice(0, at) + String.fromCharCode(unit) + token.slice(at + 1);
        const verdict = verifier.verifySync(text, 'messages:send') ?? (await ask(text));
        assert.equal(verdict.valid, false, `unit ${unit} at ${at}`);
        const [{ valid }] = await verifier.verifyMany([{ credential: text, requirement: 'messages:send' }]);
        assert.equal(valid, false, `unit ${unit} at ${at}, verifyMany`);
      }
    }
    assert.equal(verifier.verifySync(token, 'messages:send').code, 'valid');
  });
});

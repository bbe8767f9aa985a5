/** The bundle of an edge worker: `leastkey/edge` contains no management code. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build } from 'esbuild';

/** The bundle of a one-line script, and the files of the package in it. */
async function bundled(line) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: line, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    conditions: ['workerd'],
    external: ['*.wasm'],
    metafile: true,
    outfile: 'out.js',
    logLevel: 'error',
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.split('leastkey/').at(-1));
  return { text: outputFiles[0].text, files };
}

/** Marks of each part that manages tokens: its operations, or the text of one of its errors. */
const management = {
  operations: 'op:"create"',
  accounts: 'op:"putAccount"',
  audit: 'op:"verifyAudit"',
  rotation: 'op:"confirmRotation"',
  'the use of tokens': 'op:"flush"',
  'many tokens at once': 'revokeAll',
  'commits and their conflicts': 'the store did not answer the commit',
  exchange: 'the credential may not be used',
  'the manage module': 'checkQuestion',
};
const manageModule = /^wasm\//;

const found = (text) => Object.keys(management).filter((part) => text.includes(management[part]));

describe('the script of a worker that verifies', () => {
  test('has no management in it', async () => {
    const { text, files } = await bundled("export { createVerifier } from 'leastkey/edge'");
    assert.ok(text.includes('createVerifier') && files.includes('core/load/verify/workerd.js'), files.join());
    assert.deepEqual(found(text), []);
    assert.ok(!/op:"/.test(text));
    assert.deepEqual(
      files.filter((file) => manageModule.test(file)),
      [],
    );
  });

  test('with a guard alone has no core in it', async () => {
    const { text } = await bundled("export { createGuard } from 'leastkey/edge'");
    assert.ok(!/wasm/i.test(text));
  });

  test('with the whole package has it', async () => {
    const { text, files } = await bundled("export { createTokens } from 'leastkey'");
    assert.deepEqual(found(text), Object.keys(management), 'the test of the test');
    assert.ok(
      files.some((file) => manageModule.test(file)),
      files.join(),
    );
  });
});

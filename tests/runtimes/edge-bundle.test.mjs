/** What an edge worker downloads: `leastkey/edge` brings nothing along that manages tokens. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build } from 'esbuild';

/** The script that a bundler makes of one line, and the files of the package that are in it. */
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
    .map(([path]) => path.split('leastkey/').at(-1))
    .filter((path) => path !== '<stdin>');
  return { text: outputFiles[0].text, files };
}

describe('the script of a worker that verifies', () => {
  test('has no management in it', async () => {
    const { text, files } = await bundled("export { createVerifier } from 'leastkey/edge'");
    assert.ok(files.includes('edge/verifier.js') && files.includes('guard/guard.js'), files.join());
    const management = [
      'tokens',
      'core-tokens',
      'drive',
      'accounts',
      'audit',
      'exchange',
      'rotation',
      'usage',
    ];
    assert.ok(
      !files.some((file) => file === 'core.js' || file.startsWith('wasm/')),
      'the whole core is in it',
    );
    for (const name of management) assert.ok(!files.includes(`${name}.js`), `${name}.js is in it`);
    assert.ok(!/op:"|revokeAll|outcome_unknown/.test(text));
  });

  test('with a guard alone has no core in it', async () => {
    const { text } = await bundled("export { createGuard } from 'leastkey/edge'");
    assert.ok(!/wasm/i.test(text));
  });

  test('with the whole package has it', async () => {
    const { text, files } = await bundled("export { createTokens } from 'leastkey'");
    assert.ok(files.includes('tokens.js') && /op:"/.test(text), 'the test of the test');
  });
});

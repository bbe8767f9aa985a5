/** The store kit in the test runners of Deno and Bun. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipped } from './hosts/suite-in.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));

const RUNNERS = {
  deno: { first: '', test: 'Deno.test', args: ['test', '-A', '--no-check'], passed: /19 passed \| 0 failed/ },
  bun: {
    first: "import { test } from 'bun:test';",
    test: 'test',
    args: ['test'],
    passed: /19 pass\n\s*0 fail/,
  },
};

/** Runs the checks on one store. @returns the exit code and the output */
function run(runtime, store) {
  const { first, test, args } = RUNNERS[runtime];
  // Beside this file, where the package is found.
  const file = inHere(`entries/${store}-${runtime}.generated.test.mjs`);
  writeFileSync(file, `${first}\nimport { ${store} } from './store-kit.mjs';\n${store}(${test});\n`);
  return new Promise((resolve) => {
    const options = { cwd: inHere('.'), env: { ...process.env, NO_COLOR: '1' } };
    execFile(inHere(`node_modules/.bin/${runtime}`), [...args, file], options, (error, stdout, stderr) => {
      rmSync(file);
      resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` });
    });
  });
}

for (const [runtime, { passed }] of Object.entries(RUNNERS)) {
  describe(`the store kit in ${runtime}`, { skip: skipped(runtime) }, () => {
    test('passes a right store', async () => {
      const { code, output } = await run(runtime, 'onMemory');
      assert.equal(code, 0, output);
      assert.match(output, passed);
    });

    test('fails a wrong one, and names the promise', async () => {
      const { code, output } = await run(runtime, 'onCareless');
      assert.notEqual(code, 0);
      assert.match(output, /BROKEN {2}promise 2: Compare and swap is real/);
    });
  });
}

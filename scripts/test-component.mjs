/**
 * `npm run test:component`: the components in wasmtime (Python), in Node and in Chromium (jco),
 * the wheel of the verifier, and the examples of hosts. A part of a file's name after `--` chooses
 * among the tests of JavaScript.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { transpileComponents } from './build/transpile.mjs';
import { build } from './build.mjs';
import { buildComponents } from './build-component.mjs';
import { inBuild, inClone, root } from './paths.mjs';
import { installPrograms } from './setup/programs.mjs';
import { installWheel } from './setup/python.mjs';
import { report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';
import { tapCounts } from './test/counts.mjs';
import { runNodeTests, testFiles } from './test/node-test.mjs';

const filters = process.argv.slice(2);
const transpiled = inBuild('component', 'transpiled');
const deployment = inBuild('component', 'deployment');

try {
  await build();
  await buildComponents();
  await installPrograms(['chromium']);
  await transpileComponents(transpiled);
  process.env.LEASTKEY_TRANSPILED = transpiled;
  await testJavaScript();
  if (filters.length === 0) await testPython();
} catch (error) {
  if (error.output !== undefined) console.log(error.output);
  report(error);
}

async function testJavaScript() {
  const { passed, failed } = tapCounts(
    await runNodeTests(testFiles(inClone('tests/component'), filters), root),
  );
  console.log(`JavaScript: ${passed} passed, ${failed} failed`);
}

async function testPython() {
  const python = await installWheel();
  rmSync(deployment, { recursive: true, force: true });
  mkdirSync(deployment, { recursive: true });
  const maker = inClone('tests/component/support/deployment.mjs');
  await run(process.execPath, [maker, 'create', deployment]);
  const env = { LEASTKEY_CLONE: root, LEASTKEY_DEPLOYMENT: deployment, PYTHONDONTWRITEBYTECODE: '1' };
  const output = await run(python, ['-m', 'unittest', 'discover', '-s', inClone('python/tests')], { env });
  console.log(`Python: ${output.match(/^Ran \d+ tests/m)?.[0] ?? 'Ran no tests'}`);
  // The package as it is installed, by its own types.
  await run(
    python,
    ['-m', 'mypy', '--strict', '-p', 'leastkey', '--cache-dir', inBuild('component', 'mypy')],
    {
      cwd: deployment,
    },
  );
  console.log('Python: the types of the wheel are sound (mypy --strict)');
}

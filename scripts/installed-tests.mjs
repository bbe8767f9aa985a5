/**
 * Tests of the packed package that are too large for `npm test`: `npm run test:examples` installs,
 * builds and starts the examples of large frameworks, `npm run test:matrix` tries the package in
 * other people's tools. A part of a file's name after `--` chooses among the files.
 */

import { build } from './build.mjs';
import { haveNodeModules, installNodeModules } from './setup/node-modules.mjs';
import { report } from './shell/failure.mjs';
import { Consumer } from './test/consumer.mjs';
import { tapCounts } from './test/counts.mjs';

/** Both folders use the tools of the matrix. */
const tools = 'tests/matrix';

const [folder, ...filters] = process.argv.slice(2);
const consumer = new Consumer();
try {
  await build();
  if (!haveNodeModules(tools)) await installNodeModules(tools);
  await consumer.install();
  consumer.linkNodeModules(tools, []);
  const { passed, failed } = tapCounts(await consumer.runTests(folder, filters));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (error.output !== undefined) console.log(error.output);
  report(error);
} finally {
  consumer.remove();
}

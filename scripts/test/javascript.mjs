/** The checks of the JavaScript: the content of the package, and its behavior when installed. */

import { inClone, root } from '../paths.mjs';
import { installDiscoveryDocuments } from '../setup/discovery-documents.mjs';
import { nodeProgram } from '../setup/node-modules.mjs';
import { installServers } from '../setup/servers.mjs';
import { run } from '../shell/run.mjs';
import { tapCounts } from './counts.mjs';
import { runNodeTests, testFiles } from './node-test.mjs';

/**
 * @param {import('./consumer.mjs').Consumer} consumer
 * @param {string[]} filters parts of file names; with any, the tests of those files alone are run
 */
export function javascriptChecks(consumer, filters) {
  const all = [
    {
      key: 'biome',
      label: 'JavaScript: lint and formatting (biome)',
      estimate: 1_000,
      needs: 'setup',
      work: () =>
        run(process.execPath, [nodeProgram('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings']),
    },
    {
      key: 'scripts-test',
      label: 'JavaScript: tests of the scripts and documents',
      estimate: 5_000,
      needs: 'build',
      counts: tapCounts,
      work: () => runNodeTests(testFiles(inClone('tests/scripts'), []), root),
    },
    {
      key: 'consumer-install',
      label: 'Package: packs and installs into an empty project',
      estimate: 5_000,
      needs: 'build',
      provides: 'consumer',
      work: () => consumer.install(),
    },
    {
      key: 'consumer-inspect',
      label: 'Package: complete, clean, well-formed (publint)',
      estimate: 2_000,
      needs: 'consumer',
      work: () => consumer.inspect(),
    },
    {
      key: 'consumer-types',
      label: 'Package: the tests compile against its types',
      estimate: 3_000,
      needs: 'consumer',
      provides: 'compiled tests',
      work: () => consumer.compileTests(),
    },
    {
      key: 'servers-apt',
      label: 'Package: the servers, shells and documents of its tests are there',
      estimate: 60_000,
      needs: 'compiled tests',
      work: async () => {
        await installServers();
        process.env.LEASTKEY_DISCOVERY = await installDiscoveryDocuments();
      },
    },
    {
      key: 'consumer-test',
      label: 'Package: tests in Node',
      estimate: 60_000,
      needs: 'compiled tests',
      counts: tapCounts,
      work: () => consumer.runTests('tests/js', filters),
    },
    {
      key: 'consumer-schemathesis',
      label: 'Package: the HTTP API answers as its OpenAPI document says (schemathesis)',
      estimate: 40_000,
      needs: 'consumer',
      work: () => consumer.fuzzApi(),
    },
  ];
  return filters.length === 0 ? all : all.filter(({ key }) => testsOnly.has(key));
}

/** The checks that those in other runtimes need. */
export const packageChecks = (consumer) =>
  javascriptChecks(consumer, []).filter(({ key }) => ['consumer-install', 'consumer-types'].includes(key));

const testsOnly = new Set(['consumer-install', 'consumer-types', 'servers-apt', 'consumer-test']);

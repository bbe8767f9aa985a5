/**
 * The checks of the package in every runtime and bundler: one suite, and checks of edge runtimes.
 */

import { haveNodeModules, installNodeModules } from '../setup/node-modules.mjs';
import { installPrograms } from '../setup/programs.mjs';
import { tapCounts } from './counts.mjs';

/** The runtimes have a separate manifest: they are large, and only these tests need them. */
const folder = 'tests/runtimes';

/** As `LEASTKEY_WITHOUT` names them. */
export const runtimes = ['node', 'node-22', 'deno', 'bun', 'workerd', 'edge-runtime', 'chromium', 'firefox'];

/** The frameworks of the examples. */
const frameworks = ['express', 'fastify', 'hono', '@hono/node-server', 'koa'];

/** Browsers by the name of their Debian package, which is also that of their program. */
const browsers = ['chromium', 'firefox-esr'];

/**
 * @param {import('./consumer.mjs').Consumer} consumer
 * @param {string[]} filters parts of file names; with any, the tests of those files alone are run
 */
export function runtimeChecks(consumer, filters) {
  const all = [
    {
      key: 'runtimes-npm',
      label: 'Runtimes: Deno, Bun, workerd and the bundlers install from npm',
      estimate: 20_000,
      needs: 'compiled tests',
      provides: 'runtimes',
      work: async () => {
        if (!haveNodeModules(folder)) await installNodeModules(folder);
        consumer.linkNodeModules(folder, frameworks);
      },
    },
    {
      key: 'runtimes-apt',
      label: 'Runtimes: Chromium and Firefox are there',
      estimate: 40_000,
      needs: 'runtimes',
      work: () => installPrograms(browsers),
    },
    {
      key: 'runtimes-types',
      label: 'Package: its types resolve for every consumer (attw)',
      estimate: 4_000,
      needs: 'runtimes',
      work: () => consumer.inspectTypes(),
    },
    {
      key: 'runtimes-test',
      label: 'Package: one suite in every runtime and bundler',
      estimate: 60_000,
      needs: 'runtimes',
      counts: tapCounts,
      work: () => consumer.runTests(folder, filters),
    },
  ];
  return filters.length === 0 ? all : all.filter(({ key }) => key !== 'runtimes-types');
}

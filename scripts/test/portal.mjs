/** The checks of the portal, in a real browser. */

import { inBuild } from '../paths.mjs';
import { installPrograms } from '../setup/programs.mjs';
import { tapCounts } from './counts.mjs';

const folder = 'tests/portal';

/** The folder of the screenshots, for review by people. */
const screenshots = inBuild('screenshots');

/**
 * @param {import('./consumer.mjs').Consumer} consumer
 * @param {string[]} filters parts of file names; with any, the tests of those files alone are run
 */
export function portalChecks(consumer, filters) {
  return [
    {
      key: 'portal-apt',
      label: 'Portal: Chromium is there',
      estimate: 30_000,
      needs: 'compiled tests',
      provides: 'chromium',
      work: () => installPrograms(['chromium']),
    },
    {
      key: 'portal-test',
      label: 'Portal: walks, screens and stores in Chromium',
      estimate: 120_000,
      needs: 'chromium',
      counts: tapCounts,
      work: () => {
        process.env.LEASTKEY_SCREENSHOTS ??= screenshots;
        return consumer.runTests(folder, filters);
      },
    },
  ];
}

/** The checks of the documentation site, which `npm test` leaves out: `npm run test:docs`. */

import { inClone, root } from '../paths.mjs';
import { installPrograms } from '../setup/programs.mjs';
import { run } from '../shell/run.mjs';
import { tapCounts } from './counts.mjs';
import { runNodeTests, testFiles } from './node-test.mjs';

/** @param {string[]} filters parts of file names; with any, the tests of those files alone are run */
export function siteChecks(filters) {
  return [
    {
      key: 'site-apt',
      label: 'Site: Chromium is there',
      estimate: 30_000,
      needs: 'build',
      provides: 'site chromium',
      work: () => installPrograms(['chromium']),
    },
    {
      key: 'site-build',
      label: 'Site: builds, without a dead link',
      estimate: 60_000,
      needs: 'site chromium',
      provides: 'site',
      work: () => run(process.execPath, [inClone('scripts/docs.mjs')]),
    },
    {
      key: 'site-test',
      label: 'Site: search, copied examples and views in Chromium',
      estimate: 60_000,
      needs: 'site',
      counts: tapCounts,
      work: () => runNodeTests(testFiles(inClone('tests/site'), filters), root),
    },
  ];
}

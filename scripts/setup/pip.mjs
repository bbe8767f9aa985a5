/** Installs Python packages in fixed versions. */

import { run } from '../shell/run.mjs';

/** A package index that is out of reach may hang. */
const LIMIT = 180_000;

const install = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--no-deps',
  '--disable-pip-version-check',
  '--retries',
  '2',
];

/** Installs what `what` names, such as `['-r', 'requirements.txt']`, with the pip of a Python. */
export const pipInstall = (python, what) => run(python, [...install, ...what], { limit: LIMIT });

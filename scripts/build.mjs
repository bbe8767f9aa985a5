/** `npm run build`: from sources to the package in `pkg/`. Unchanged parts are not rebuilt. */

import { pathToFileURL } from 'node:url';
import { coreSteps } from './build/core.mjs';
import { removeLeftovers } from './build/folders.mjs';
import { isCurrent, packageStep } from './build/package.mjs';
import { sizeTable } from './build/size.mjs';
import { inBuild, packageFolder } from './paths.mjs';
import { toolchain } from './setup/toolchain.mjs';
import { setupSteps } from './setup.mjs';
import { report } from './shell/failure.mjs';
import { withLock } from './shell/lock.mjs';
import { runSteps } from './shell/steps.mjs';

/** Installs missing tools, and builds. Returns whether anything had to be done. */
export function build() {
  return whileNoOtherBuilds(async () => {
    const steps = [...(await setupSteps()), ...(await makeSteps())];
    if (steps.length === 0) return false;
    await runSteps('Building Leastkey', steps);
    console.log(await sizeTable(packageFolder));
    return true;
  });
}

/** The steps from the current sources to the package: none if `pkg/` was made from them. */
export async function makeSteps() {
  const rust = await toolchain();
  return isCurrent(rust) ? [] : [...coreSteps(rust), packageStep];
}

export function whileNoOtherBuilds(work) {
  const onWait = () => console.log('Another build of this folder is at work; waiting until it is done.');
  return withLock(inBuild('lock'), onWait, () => {
    removeLeftovers();
    return work();
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    if (!(await build())) console.log(`Leastkey is up to date in pkg/.\n${await sizeTable(packageFolder)}`);
  } catch (error) {
    report(error);
  }
}

/** `npm run build:component`: from sources to the components in `pkg/component/`. */

import { pathToFileURL } from 'node:url';
import { componentSizes, componentTools, makeComponents } from './build/component.mjs';
import { whileNoOtherBuilds } from './build.mjs';
import { haveNodeModules, installNodeModules } from './setup/node-modules.mjs';
import { setupSteps } from './setup.mjs';
import { report } from './shell/failure.mjs';
import { runSteps } from './shell/steps.mjs';

/** Installs missing tools, and builds the components. */
export function buildComponents() {
  return whileNoOtherBuilds(async () => {
    const steps = await setupSteps();
    if (!haveNodeModules(componentTools)) {
      steps.push({
        key: 'component-tools',
        label: 'Install the tools that make components',
        estimate: 10_000,
        work: () => installNodeModules(componentTools),
      });
    }
    steps.push({
      key: 'components',
      label: 'Compile the core to WebAssembly components',
      estimate: 180_000,
      work: makeComponents,
    });
    await runSteps('Building the components of Leastkey', steps);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await buildComponents();
    for (const { world, bytes, compressed, budget } of componentSizes())
      console.log(`pkg/component/${world}.wasm: ${bytes} bytes, ${compressed} compressed (budget ${budget})`);
  } catch (error) {
    report(error);
  }
}

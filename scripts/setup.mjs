/**
 * Installs what the build needs and the machine lacks: npm packages, Rust's standard library for
 * WebAssembly, wasm-bindgen. `npm start`, `npm run build` and `npm test` do this too; `npm run
 * setup` does only this.
 */

import { pathToFileURL } from 'node:url';
import { aptInstall } from './setup/apt.mjs';
import { haveBindgenTool, makeBindgenTool } from './setup/bindgen.mjs';
import { haveNodeModules, installNodeModules } from './setup/node-modules.mjs';
import { forced, inspect, installToolchain } from './setup/toolchain.mjs';
import { nothingInstallable } from './setup/toolchain-choice.mjs';
import { Failure, report } from './shell/failure.mjs';
import { runSteps } from './shell/steps.mjs';

/** The steps that are not done yet. With `tests`, also those that only `npm test` needs. */
export async function setupSteps({ tests = false } = {}) {
  requireNode();
  const steps = [];
  if (!haveNodeModules()) {
    steps.push({
      key: 'npm-ci',
      label: 'Install the JavaScript tools from npm',
      estimate: 8_000,
      work: () => installNodeModules(),
    });
  }
  steps.push(...(await toolchainSteps(tests)));
  const tools = { bindgen: [true, 25_000], 'test-runner': [tests, 35_000] };
  for (const [name, [needed, estimate]] of Object.entries(tools)) {
    if (!needed || haveBindgenTool(name)) continue;
    steps.push({
      key: `tool-${name}`,
      label: `Compile wasm-bindgen's ${name} (only this once)`,
      estimate,
      work: () => makeBindgenTool(name),
    });
  }
  return steps;
}

async function toolchainSteps(tests) {
  const { choice, debian } = await inspect();
  if (choice.use === undefined) {
    // Known at once, so it is reported before the other steps run.
    if (choice.install.length === 0) throw nothingInstallable(choice.obstacles, forced);
    return [
      {
        key: `rust-${choice.install[0]}`,
        label: `Install Rust's standard library for WebAssembly (${choice.install.map(inWords).join(', else ')})`,
        estimate: 40_000,
        work: async () => {
          await installToolchain(choice);
          if (tests) await installLinter();
        },
      },
    ];
  }
  if (!tests || choice.use !== 'debian' || debian.clippy) return [];
  return [
    {
      key: 'rust-clippy',
      label: "Install the linter of Debian's Rust",
      estimate: 5_000,
      work: installLinter,
    },
  ];
}

/** The linter must be of the compiler's own version. */
async function installLinter() {
  const { choice, debian } = await inspect();
  if (choice.use === 'debian' && !debian.clippy) await aptInstall(['rust-web-clippy']);
}

const inWords = (route) => (route === 'rustup' ? 'with rustup' : "Debian's packages");

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failure(`Leastkey needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const steps = await setupSteps({ tests: process.argv.includes('--tests') });
    if (steps.length === 0) console.log('Everything that the build needs is here.');
    else await runSteps('Setting up', steps);
  } catch (error) {
    report(error);
  }
}

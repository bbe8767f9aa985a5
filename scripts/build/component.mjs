/** The core as WebAssembly components, without imports: for hosts of any language. */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inClone, packageFolder } from '../paths.mjs';
import { lockedNodeModule, nodeProgram } from '../setup/node-modules.mjs';
import { toolchain } from '../setup/toolchain.mjs';
import { contentOf } from '../shell/content-digest.mjs';
import { Failure } from '../shell/failure.mjs';
import { binding, optimize, profile, quick } from './core.mjs';
import { cacheCore, cachedCore, isCached } from './core-cache.mjs';

/** The manifest of the tools that make components. */
export const componentTools = 'tools/component';

/** The components, by the worlds of `wit/`. */
export const worlds = { verifier: 'leastkey-component-verify', manager: 'leastkey-component-manage' };

/** Where they are in the package. */
export const componentFolder = join(packageFolder, 'component');

/** Compiles the components, unless they are cached, and copies them to the package. */
export async function makeComponents() {
  const rust = await toolchain();
  const digest = componentDigest(rust);
  if (!isCached(digest)) await cacheCore(digest, (folder) => compile(rust.releaseCargo, folder));
  requireComponentsWithinBudget(cachedCore(digest));
  rmSync(componentFolder, { recursive: true, force: true });
  mkdirSync(componentFolder, { recursive: true });
  for (const world of Object.keys(worlds))
    cpSync(join(cachedCore(digest), `${world}.wasm`), join(componentFolder, `${world}.wasm`));
  cpSync(inClone('wit'), join(componentFolder, 'wit'), { recursive: true });
}

function componentDigest(rust) {
  const files = [
    'Cargo.toml',
    'Cargo.lock',
    'bindings/component-manage',
    'bindings/component-verify',
    'src',
    'wit',
    'scripts/build/component.mjs',
    'scripts/build/core.mjs',
    'scripts/setup/toolchain.mjs',
    `${componentTools}/package-lock.json`,
  ];
  return contentOf(
    files.map((file) => inClone(file)),
    quick ? `${rust.name} quick` : rust.name,
    lockedNodeModule('binaryen'),
  );
}

async function compile(cargo, folder) {
  const { componentNew } = await import(
    nodeProgram('@bytecodealliance/jco-transpile/dist/wasm-tools.js', componentTools)
  );
  mkdirSync(folder, { recursive: true });
  for (const [world, name] of Object.entries(worlds)) {
    const module = join(folder, `${world}.core.wasm`);
    await cargo('rustc', [
      ...profile('component'),
      ...binding(name),
      '--',
      `--emit=link=${module}`,
      '-Clink-arg=-zstack-size=131072',
    ]);
    await optimize(module, '-Oz', '--strip-debug', '--strip-producers', '--strip-target-features');
    writeFileSync(join(folder, `${world}.wasm`), await componentNew(readFileSync(module), []));
    rmSync(module);
  }
}

/** The compressed bytes of each component, with its budget. */
export function componentSizes(folder = componentFolder) {
  const budgets = JSON.parse(readFileSync(inClone('size-budget.json'), 'utf8')).compressedComponentBytes;
  return Object.keys(worlds).map((world) => {
    const bytes = readFileSync(join(folder, `${world}.wasm`));
    const compressed = gzipSync(bytes, { level: 9 }).length;
    return { world, bytes: bytes.length, compressed, budget: budgets[world] };
  });
}

function requireComponentsWithinBudget(folder) {
  if (quick) return;
  const over = componentSizes(folder).filter(({ compressed, budget }) => compressed > budget);
  if (over.length === 0) return;
  const lines = over.map(
    ({ world, compressed, budget }) =>
      `the ${world} has ${compressed} bytes compressed, its budget is ${budget}`,
  );
  throw new Failure(`A component is over the budget in size-budget.json: ${lines.join('; ')}.`);
}

/** The Rust core as WebAssembly modules, with their glue. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../paths.mjs';
import { bindgenTool } from '../setup/bindgen.mjs';
import { lockedNodeModule, nodeProgram } from '../setup/node-modules.mjs';
import { toolchain } from '../setup/toolchain.mjs';
import { contentOf } from '../shell/content-digest.mjs';
import { run } from '../shell/run.mjs';
import { cacheCore, isCached } from './core-cache.mjs';

/**
 * Compiles in seconds what takes minutes to optimize. For work on the core: larger and slower, and
 * never published.
 */
export const quick = process.env.LEASTKEY_QUICK === '1';

/** The step that compiles the core, unless it is cached. `rust` is the toolchain, if installed. */
export function coreSteps(rust) {
  if (rust === undefined)
    return [compileStep('core', 'Compile the core and its libraries to WebAssembly', 160_000)];
  if (isCached(coreDigest(rust))) return [];
  const librariesAreThere = existsSync(
    join(rust.releaseFolder, 'wasm32-unknown-unknown', quick ? 'quick' : 'release'),
  );
  return [
    librariesAreThere
      ? compileStep('core-again', 'Compile the core to WebAssembly', 40_000)
      : compileStep('core', 'Compile the core and its libraries to WebAssembly', 160_000),
  ];
}

const compileStep = (key, label, estimate) => ({
  key,
  label,
  estimate,
  async work() {
    const rust = await toolchain();
    await cacheCore(coreDigest(rust), (folder) => makeCore(rust, folder));
  },
});

/** The digest of everything that the core is compiled from. */
export function coreDigest(rust) {
  const files = [
    'Cargo.toml',
    'Cargo.lock',
    'bindings/heap',
    'bindings/manage',
    'bindings/verify',
    'src',
    'scripts/build/core.mjs',
    'scripts/setup/toolchain.mjs',
  ];
  return contentOf(
    files.map((file) => inClone(file)),
    quick ? `${rust.name} quick` : rust.name,
    bindgenTool('bindgen'),
    lockedNodeModule('binaryen'),
  );
}

async function makeCore(rust, folder) {
  await makeManage(rust.releaseCargo, folder);
  writeInline(join(folder, 'leastkey_bg.wasm'), join(folder, 'leastkey_bg.inline'));
  await makeVerify(rust.releaseCargo, folder);
}

/** Only the artefact of a binding package. */
export const binding = (name) => ['-p', name, '--lib', '--crate-type', 'cdylib'];

export const profile = (name) => ['--profile', quick ? 'quick' : name];

/** The manage module and its glue. */
async function makeManage(cargo, folder) {
  // A path for each clone: the target folder's own leastkey.wasm is shared by all
  // clones.
  const compiled = `${folder}.wasm`;
  await cargo('rustc', [
    ...profile('release'),
    ...binding('leastkey-manage'),
    '--',
    `--emit=link=${compiled}`,
  ]);
  await run(bindgenTool('bindgen'), [compiled, folder], { env: { RUST_BACKTRACE: '0' } });
  await optimize(join(folder, 'leastkey_bg.wasm'), '-O3');
}

/** The verify module: the same sources, for size, without wasm-bindgen. */
async function makeVerify(cargo, folder) {
  const module = join(folder, 'leastkey_verify.wasm');
  await cargo('rustc', [
    ...profile('edge'),
    ...binding('leastkey-verify'),
    '--',
    `--emit=link=${module}`,
    '-Clink-arg=-zstack-size=131072',
  ]);
  await optimize(module, '-Oz', '--strip-debug', '--strip-producers', '--strip-target-features');
  writeInline(module, join(folder, 'leastkey_verify.inline'));
}

export async function optimize(module, ...how) {
  if (!quick)
    await run(process.execPath, [nodeProgram('binaryen/bin/wasm-opt'), ...how, module, '-o', module]);
}

/**
 * The module as text in a script, for programs that are bundled into one file. It is not
 * compressed: inflating it would take longer than compiling it.
 */
function writeInline(module, script) {
  const text = readFileSync(module).toString('base64');
  writeFileSync(`${script}.js`, `export default '${text}';\n`);
  writeFileSync(`${script}.d.ts`, 'declare const encoded: string;\nexport default encoded;\n');
}

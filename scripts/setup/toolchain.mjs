/** The Rust that compiles the core to WebAssembly: finding it, installing it, calling it. */

import { delimiter, join } from 'node:path';
import { cargoHome, inCache, inClone } from '../paths.mjs';
import { ask, CommandFailed, run } from '../shell/run.mjs';
import { inSharedTarget } from '../shell/shared-target.mjs';
import { aptInstall, aptPrivilege } from './apt.mjs';
import { rustOfDebian, rustOnPath } from './rust-found.mjs';
import { chooseToolchain, debianPackages, nothingInstallable } from './toolchain-choice.mjs';

const target = 'wasm32-unknown-unknown';

/** rustup's server may be out of reach without saying so. */
const RUSTUP_LIMIT = 60_000;

export const forced = process.env.LEASTKEY_TOOLCHAIN || undefined;

/** @returns what `chooseToolchain` says for this machine, and what was found */
export async function inspect() {
  const [onPath, debian, apt, rustup] = await Promise.all([
    rustOnPath(),
    rustOfDebian(),
    aptPrivilege(),
    rustupState(),
  ]);
  const found = { onPath: onPath.state, debian: debian.state, apt, rustup };
  return { onPath, debian, choice: chooseToolchain(found, forced) };
}

async function rustupState() {
  if ((await ask('rustup', ['--version'])) === undefined) return 'missing';
  return process.env.RUSTUP_AUTO_INSTALL === '0' ? 'may not fetch' : 'present';
}

/** Installs by the first way that works. */
export async function installToolchain({ install, obstacles }) {
  const met = [...obstacles];
  for (const route of install) {
    try {
      await installers[route]();
      const { choice } = await inspect();
      if (choice.use !== undefined) return;
      met.push(`${route}: it was installed, but Rust still cannot compile to ${target}`);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      met.push(`${route}: ${error.message.replaceAll('\n', '\n    ')}`);
    }
  }
  throw nothingInstallable(met, forced);
}

const installers = {
  rustup: () => run('rustup', ['target', 'add', target], { limit: RUSTUP_LIMIT }),
  debian: async () => {
    await aptInstall(debianPackages);
    const { llvm } = await rustOfDebian();
    await aptInstall([`lld-${llvm}`]);
  },
};

/** A file of each crate of the workspace. */
const sources = [
  '.',
  'bindings/component-manage',
  'bindings/component-verify',
  'bindings/heap',
  'bindings/manage',
  'bindings/verify',
].map((crate) => inClone(crate, 'src/lib.rs'));

/**
 * How to call cargo for WebAssembly. `cargo` is for tests, whose panics have to say something;
 * `releaseCargo` is for what is published.
 * @returns {Promise<{ name: string, releaseFolder: string, cargo: Call, releaseCargo: Call,
 * compilesStd: boolean }
 *   | undefined>} where a `Call` is `(command: string, args: string[], env?: object) => Promise<string>`; `undefined` until a toolchain has been installed
 */
export async function toolchain() {
  const { onPath, debian, choice } = await inspect();
  if (choice.use === undefined) return undefined;
  const rust = choice.use === 'debian' ? debian : onPath;
  const how = choice.use === 'debian' ? debianCargo(debian) : rustupCargo;
  const targetFolder = inCache(`target-wasm-${choice.use}`);
  const releaseFolder = `${targetFolder}-simd`;
  const call = (folder, { flags = [], args }) => {
    const env = {
      ...how.env,
      CARGO_TARGET_DIR: folder,
      CARGO_ENCODED_RUSTFLAGS: [...portablePaths(rust.sysroot), ...flags].join('\x1f'),
    };
    return (command, more, moreEnv = {}) =>
      inSharedTarget(folder, sources, () =>
        run(how.cargo, [command, '--locked', '--target', target, ...args(command), ...more], {
          env: { ...env, ...moreEnv },
        }),
      );
  };
  return {
    name: `${choice.use} ${rust.release}`,
    releaseFolder,
    cargo: call(targetFolder, how.tested),
    // Flags are for the standard library too, where that is compiled: so it has its own folder.
    releaseCargo: call(releaseFolder, {
      ...how.released,
      flags: [...how.released.flags, '-Ctarget-feature=+simd128'],
    }),
    compilesStd: how.compilesStd,
  };
}

/** The standard library with its small ways of sorting and searching. */
const smallStd = ['-Zbuild-std=std', '-Zbuild-std-features=optimize_for_size'];

/** Nobody hears what a panic in the module says: it is a trap, in whatever words. */
const withoutPanics = ['-Zunstable-options', '-Cpanic=immediate-abort', '-Zlocation-detail=none'];

const rustupCargo = {
  cargo: 'cargo',
  env: {},
  compilesStd: false,
  tested: { args: () => [] },
  released: { args: () => [], flags: [] },
};

function debianCargo({ linker }) {
  return {
    cargo: '/usr/bin/cargo',
    env: {
      PATH: ['/usr/bin', process.env.PATH].join(delimiter),
      RUSTC: '/usr/bin/rustc',
      // Compiling the standard library is an unstable option of cargo.
      RUSTC_BOOTSTRAP: '1',
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
    },
    compilesStd: true,
    tested: {
      args: (command) => [
        '-Zbuild-std=std,panic_abort',
        ...(command === 'test' ? ['-Zpanic-abort-tests'] : []),
      ],
    },
    released: { args: () => smallStd, flags: withoutPanics },
  };
}

/**
 * Panic messages name source files; without this they would name folders of the machine that built
 * them.
 */
function portablePaths(sysroot) {
  return [
    `--remap-path-prefix=${join(cargoHome, 'registry/src')}=crates`,
    `--remap-path-prefix=${join(sysroot, 'lib/rustlib/src/rust')}=rust`,
  ];
}

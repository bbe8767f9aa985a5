/** Chooses the Rust that compiles the core to WebAssembly, only from what was found. */

import { Failure } from '../shell/failure.mjs';

/** Debian's Rust for WebAssembly; lld comes on top, in the version that fits this Rust's LLVM. */
export const debianPackages = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm'];

const commands = {
  rustup: 'rustup target add wasm32-unknown-unknown',
  debian: [
    `sudo apt-get update && sudo apt-get install --no-install-recommends ${debianPackages.join(' ')}`,
    `sudo apt-get install --no-install-recommends "lld-$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \\([0-9]*\\).*/\\1/p')"`,
  ].join('\n  '),
};

/**
 * @param {{
 *   onPath: 'ready' | 'no wasm32' | 'too old' | 'missing',
 *   debian: 'ready' | 'incomplete',
 *   rustup: 'present' | 'may not fetch' | 'missing',
 *   apt: 'root' | 'sudo' | 'no privilege' | 'missing',
 * }} found
 * @param {string | undefined} forced LEASTKEY_TOOLCHAIN
 * @returns {{ use: 'rustup' | 'debian' } | { install: ('rustup' | 'debian')[], obstacles: string[] }} a Rust that is ready, or
 *   what to install, in the order to try
 */
export function chooseToolchain(found, forced) {
  if (forced !== undefined && forced !== 'rustup' && forced !== 'debian') {
    throw new Failure(
      `LEASTKEY_TOOLCHAIN is "${forced}"; it can be "rustup" or "debian", or not set at all.`,
    );
  }
  const allowed = (route) => forced === undefined || forced === route;
  if (allowed('rustup') && found.onPath === 'ready') return { use: 'rustup' };
  if (allowed('debian') && found.debian === 'ready') return { use: 'debian' };

  const install = [];
  const obstacles = [];
  const consider = (route, obstacle) => {
    if (!allowed(route)) obstacles.push(`${route}: LEASTKEY_TOOLCHAIN=${forced} excludes it`);
    else if (obstacle === undefined) install.push(route);
    else obstacles.push(`${route}: ${obstacle}`);
  };
  consider('rustup', rustupObstacle(found));
  consider('debian', aptObstacles[found.apt]);
  return { install, obstacles };
}

function rustupObstacle({ rustup, onPath }) {
  if (rustup === 'missing') return 'there is no rustup here';
  if (rustup === 'may not fetch') return 'RUSTUP_AUTO_INSTALL=0 says that it must not fetch by itself';
  if (onPath === 'too old') return 'its Rust is too old for this project (rustup update stable)';
  return undefined;
}

const aptObstacles = {
  root: undefined,
  sudo: undefined,
  'no privilege': 'apt-get needs root, and sudo would ask for a password',
  missing: 'there is no apt-get here',
};

/** Why nothing can be installed, and what to do about it. */
export function nothingInstallable(obstacles, forced) {
  const offered = forced ? [commands[forced]] : Object.values(commands);
  return new Failure(
    [
      'Rust cannot compile to WebAssembly here: its standard library for wasm32-unknown-unknown is missing,',
      'and it could not be installed automatically:',
      ...obstacles.map((obstacle) => `  - ${obstacle}`),
      `Run ${offered.length > 1 ? 'one of these' : 'this'} yourself, then try again:`,
      offered.map((command) => `  ${command}`).join('\nor\n'),
    ].join('\n'),
  );
}

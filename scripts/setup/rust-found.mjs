/** Finds the Rust of this machine. Reads only the disk and versions, without network or changes. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../shell/run.mjs';
import { crateFacts } from './cargo-manifest.mjs';

/** @returns {Promise<{ release: string, llvm: number, sysroot: string } | undefined>} */
async function rust(rustc) {
  const version = await ask(rustc, ['-vV']);
  const sysroot = await ask(rustc, ['--print', 'sysroot']);
  const release = version?.match(/^release: (\S+)/m)?.[1];
  const llvm = version?.match(/^LLVM version: (\d+)/m)?.[1];
  if (release === undefined || sysroot === undefined) return undefined;
  return { release, llvm: Number(llvm), sysroot: sysroot.trim() };
}

/** The Rust on `PATH`, and whether it can compile the core to WebAssembly. */
export async function rustOnPath() {
  const found = (await ask('cargo', ['--version'])) === undefined ? undefined : await rust('rustc');
  if (found === undefined) return { state: 'missing' };
  const state = !newEnough(found.release)
    ? 'too old'
    : existsSync(join(found.sysroot, 'lib/rustlib/wasm32-unknown-unknown/lib'))
      ? 'ready'
      : 'no wasm32';
  return { state, ...found };
}

/**
 * Debian's Rust, which compiles the standard library from its own source, and the linker that fits
 * it.
 */
export async function rustOfDebian() {
  const found = await rust('/usr/bin/rustc');
  if (found === undefined) return { state: 'incomplete' };
  const linker = `/usr/bin/wasm-ld-${found.llvm}`;
  const complete =
    newEnough(found.release) &&
    existsSync('/usr/bin/cargo') &&
    existsSync(join(found.sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml')) &&
    existsSync(linker);
  return {
    state: complete ? 'ready' : 'incomplete',
    clippy: existsSync('/usr/bin/clippy-driver'),
    linker,
    ...found,
  };
}

function newEnough(release) {
  const [major, minor] = release.split('.').map(Number);
  const [leastMajor, leastMinor] = crateFacts().rustVersion.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

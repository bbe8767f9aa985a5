/**
 * wasm-bindgen's tools, of exactly the version that Cargo.lock has; compiled once and kept in the
 * cache.
 */

import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inCache, inClone } from '../paths.mjs';
import { contentOf } from '../shell/content-digest.mjs';
import { Failure } from '../shell/failure.mjs';
import { run } from '../shell/run.mjs';
import { lockedVersion } from './cargo-manifest.mjs';

const crate = 'tools/wasm-bindgen';

/** The path of a tool (`bindgen` or `test-runner`). */
export function bindgenTool(name) {
  const content = contentOf([inClone(crate)]).slice(0, 12);
  return inCache('tools', `wasm-bindgen-${requiredVersion()}-${content}`, name);
}

export const haveBindgenTool = (name) => existsSync(bindgenTool(name));

/**
 * Compiles a tool with the Rust that is on the path (or Debian's, which the set-up has put there).
 */
export async function makeBindgenTool(name) {
  const targetFolder = inCache('target-tools');
  const features = name === 'test-runner' ? ['--features', 'test-runner'] : [];
  await run('cargo', ['build', '--locked', '--bin', name, ...features], {
    cwd: inClone(crate),
    env: { CARGO_TARGET_DIR: targetFolder },
  });
  const tool = bindgenTool(name);
  const temporary = `${tool}.${process.pid}`;
  mkdirSync(dirname(tool), { recursive: true });
  copyFileSync(join(targetFolder, 'debug', name), temporary);
  renameSync(temporary, tool);
}

/**
 * Glue and module must be bound by the version that the core was compiled against: another may
 * write wrong glue.
 */
function requiredVersion() {
  const core = lockedVersion('Cargo.lock', 'wasm-bindgen');
  const tool = lockedVersion(`${crate}/Cargo.lock`, 'wasm-bindgen-cli-support');
  if (core === tool) return core;
  throw new Failure(
    `Cargo.lock has wasm-bindgen ${core}, but ${crate}/Cargo.lock has ${tool}. ` +
      `Write "=${core}" for both wasm-bindgen packages in ${crate}/Cargo.toml and run cargo update there.`,
  );
}

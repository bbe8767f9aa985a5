/** Facts from the Cargo files of the clone. */

import { readFileSync } from 'node:fs';
import { inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';

/** The package's own version and the oldest Rust that it builds with, from Cargo.toml. */
export function crateFacts() {
  const manifest = readFileSync(inClone('Cargo.toml'), 'utf8');
  const value = (name) => manifest.match(new RegExp(`^${name} = "([^"]+)"`, 'm'))?.[1];
  return { version: value('version'), rustVersion: value('rust-version') };
}

/** The one version that a Cargo.lock has of a package. */
export function lockedVersion(lockFile, name) {
  const lock = readFileSync(inClone(lockFile), 'utf8');
  const version = lock.match(new RegExp(`^name = "${name}"\\nversion = "([^"]+)"`, 'm'))?.[1];
  if (version === undefined) throw new Failure(`${lockFile} has no package ${name}.`);
  return version;
}

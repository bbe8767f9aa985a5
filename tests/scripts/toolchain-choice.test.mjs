/** Which Rust compiles the core, for every kind of machine that the choice distinguishes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseToolchain, nothingInstallable } from '../../scripts/setup/toolchain-choice.mjs';

/**
 * A machine with Rust from rustup that has no wasm32 target, with apt-get and with root's rights.
 */
const usual = { onPath: 'no wasm32', debian: 'incomplete', rustup: 'present', apt: 'root' };

describe('an installed Rust is used', () => {
  for (const [what, found, forced, use] of [
    ['the target is installed', { onPath: 'ready' }, undefined, 'rustup'],
    ['both are there: no need for the slower one', { onPath: 'ready', debian: 'ready' }, undefined, 'rustup'],
    ["only Debian's is there: nothing is fetched for the other", { debian: 'ready' }, undefined, 'debian'],
    ["Debian's is demanded", { onPath: 'ready', debian: 'ready' }, 'debian', 'debian'],
    ["rustup's is demanded", { onPath: 'ready', debian: 'ready' }, 'rustup', 'rustup'],
    ["no Rust on the path at all, but Debian's", { onPath: 'missing', debian: 'ready' }, undefined, 'debian'],
  ]) {
    test(what, () => assert.deepEqual(chooseToolchain({ ...usual, ...found }, forced), { use }));
  }
});

describe('a missing toolchain is installed', () => {
  for (const [what, found, forced, install] of [
    ["rustup first, Debian's packages if that fails", {}, undefined, ['rustup', 'debian']],
    ['RUSTUP_AUTO_INSTALL=0', { rustup: 'may not fetch' }, undefined, ['debian']],
    ['no rustup', { rustup: 'missing', onPath: 'missing' }, undefined, ['debian']],
    ["rustup's Rust is too old to be worth a target", { onPath: 'too old' }, undefined, ['debian']],
    ['sudo does not ask for a password', { rustup: 'missing', apt: 'sudo' }, undefined, ['debian']],
    ['no right to install packages', { apt: 'no privilege' }, undefined, ['rustup']],
    ['not a Debian', { apt: 'missing' }, undefined, ['rustup']],
    ['rustup is demanded', {}, 'rustup', ['rustup']],
    ["Debian's is demanded, though another is ready", { onPath: 'ready' }, 'debian', ['debian']],
    ["rustup is demanded, though Debian's is ready", { debian: 'ready' }, 'rustup', ['rustup']],
    ['nothing can be done', { rustup: 'missing', apt: 'missing' }, undefined, []],
    ['rustup is demanded and may not fetch', { rustup: 'may not fetch' }, 'rustup', []],
  ]) {
    test(what, () => assert.deepEqual(chooseToolchain({ ...usual, ...found }, forced).install, install));
  }
});

describe('when nothing can be installed', () => {
  test('the message gives each reason and the commands to run', () => {
    const { obstacles } = chooseToolchain(
      { ...usual, rustup: 'may not fetch', apt: 'no privilege' },
      undefined,
    );
    const { message } = nothingInstallable(obstacles, undefined);
    for (const words of [
      /wasm32-unknown-unknown is missing/,
      /rustup: RUSTUP_AUTO_INSTALL=0/,
      /debian: apt-get needs root/,
      /^ {2}rustup target add wasm32-unknown-unknown$/m,
      /^ {2}sudo apt-get update && sudo apt-get install --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm$/m,
      /^ {2}sudo apt-get install --no-install-recommends "lld-\$\(.*\)"$/m,
    ]) {
      assert.match(message, words);
    }
  });

  test('a toolchain that is requested explicitly is the only offer', () => {
    const { obstacles } = chooseToolchain({ ...usual, apt: 'missing' }, 'debian');
    const { message } = nothingInstallable(obstacles, 'debian');
    assert.doesNotMatch(message, /rustup target add/);
    assert.match(message, /rustup: LEASTKEY_TOOLCHAIN=debian excludes it/);
  });

  test('LEASTKEY_TOOLCHAIN with another value is refused', () => {
    assert.throws(
      () => chooseToolchain(usual, 'nix'),
      /LEASTKEY_TOOLCHAIN is "nix"; it can be "rustup" or "debian"/,
    );
  });
});

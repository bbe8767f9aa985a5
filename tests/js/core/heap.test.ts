/** How the memory of a module grows (bindings/heap). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const file = new URL('../../../node_modules/leastkey/wasm/leastkey_verify.wasm', import.meta.url);

/** What one text takes, in bytes, and what all of them take. */
const TEXT = 65_536;
const TOGETHER = 96 * 1_024 * 1_024;

/** Growing by an eighth from 1 MB to 96 MB takes 39 steps. */
const MAX_STEPS = 60;

test('a memory that is filled bit by bit grows in few steps', () => {
  const unused = () => assert.fail('the host is not called');
  const host = { normalize: unused, parse_decimal: unused, write_decimal: unused };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { host });
  const { input, give } = exports as Record<string, (length: number) => number>;
  const memory = exports.memory as WebAssembly.Memory;
  const sizes = new Set<number>();
  for (let given = 0; given < TOGETHER; given += TEXT) {
    input?.(TEXT);
    give?.(TEXT);
    sizes.add(memory.buffer.byteLength);
  }
  const largest = Math.max(...sizes);
  assert.ok(largest >= TOGETHER, `the texts are not in the memory: ${largest}`);
  assert.ok(largest < TOGETHER * 1.3, `${largest} bytes for ${TOGETHER}`);
  assert.ok(sizes.size <= MAX_STEPS, `${sizes.size} steps`);
});

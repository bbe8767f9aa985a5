/** The exports of the verify module (bindings/verify), past its wrapper: what no input may do. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const file = new URL('../../../node_modules/leastkey/wasm/leastkey_verify.wasm', import.meta.url);
const module = new WebAssembly.Module(readFileSync(file));

const CATALOG = '{"services":{"messages":{"title":"Messages","permissions":{"send":"Send"}}}}';
const CONFIG = '{"prefix":"acme_live"}';
const NOW = 1_795_392_000_000;
const MISS = -1;
const NO_INSTANTS = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 9_007_199_254_740_992];

/** The bytes of a text that is no UTF-8. */
const NO_TEXT = Uint8Array.of(0x22, 0xff, 0x22);

type Exports = Record<string, (...args: number[]) => number>;

/** An instance, without a configuration. */
function instance() {
  const unused = () => assert.fail('the host is not called');
  const host = { normalize: unused, parse_decimal: unused, write_decimal: unused };
  const { exports } = new WebAssembly.Instance(module, { host });
  const core = exports as Exports;
  const memory = exports.memory as WebAssembly.Memory;
  const write = (at: number, bytes: Uint8Array) => new Uint8Array(memory.buffer, at).set(bytes);
  return {
    core,
    give(...texts: (string | Uint8Array | null)[]) {
      for (const text of texts) {
        const bytes = typeof text === 'string' ? Buffer.from(text) : (text ?? new Uint8Array());
        write(call(core, 'input', bytes.length), bytes);
        call(core, 'give', text === null ? -1 : bytes.length);
      }
    },
    /** Writes a credential, and returns its length. */
    present(text: string): number {
      write(call(core, 'text_buffer'), Buffer.from(text));
      return text.length;
    },
    /** The first bytes of the text buffer. */
    bytes: (length: number) => new Uint8Array(memory.buffer, call(core, 'text_buffer'), length),
    /** The code with which the last call was refused; `undefined` if it was not. */
    refused(): string | undefined {
      const length = call(core, 'output_length');
      if (length === 0) return undefined;
      const text = Buffer.from(memory.buffer, call(core, 'output'), length).toString();
      return JSON.parse(text).refuse?.code;
    },
  };
}

function configured() {
  const made = instance();
  made.give(CONFIG, CATALOG);
  call(made.core, 'configure');
  assert.equal(made.refused(), undefined);
  call(made.core, 'reset_cache', 10);
  return made;
}

function call(core: Exports, name: string, ...args: number[]): number {
  const exported = core[name];
  assert.ok(exported, name);
  return exported(...args);
}

/** The steps of a verification, with their arguments. */
function steps(length: number, now: number): [name: string, ...args: number[]][] {
  return [
    ['classify', length, -1],
    ['begin', length, 0, now, -1],
    ['decide', -1, -1, now, now, -1],
    ['count', -1, -1, now, now, -1],
  ];
}

describe('the verify module', () => {
  test('refuses or misses everything before it is configured', () => {
    const { core, give, present, refused } = instance();
    const length = present('acme_live_2');
    for (const [step, ...args] of steps(length, NOW)) {
      give('{}');
      assert.equal(call(core, step, ...args), MISS);
      assert.equal(refused(), 'invalid_input', step);
    }
    call(core, 'read_id');
    assert.equal(refused(), undefined);
    give('{}');
    call(core, 'intern');
    assert.equal(refused(), 'invalid_input');
    give('{}');
    assert.equal(call(core, 'lookup', length, NOW), MISS);
    assert.equal(refused(), 'invalid_input');
    call(core, 'apply_feed', 1);
    assert.equal(refused(), 'invalid_input');
    give('GET', '/');
    call(core, 'route');
    assert.equal(refused(), 'invalid_input');
    assert.equal(call(core, 'lookup_packed', length, 0, NOW), MISS);
    assert.equal(call(core, 'note_use', length, NOW), MISS);
    assert.equal(call(core, 'generation'), 0);
  });

  test('refuses or misses at numbers that are no instant', () => {
    const { core, give, present, refused } = configured();
    give('{}');
    const requirement = call(core, 'intern');
    for (const number of NO_INSTANTS) {
      give('{}');
      assert.equal(call(core, 'begin', present('x'), 0, number, -1), MISS);
      assert.equal(refused(), 'clock_unreliable', String(number));
      give('{}');
      assert.equal(call(core, 'lookup', present('x'), number), MISS);
      assert.equal(refused(), 'clock_unreliable', String(number));
      give('meta/deployment', null);
      call(core, 'apply_feed', number);
      assert.equal(refused(), 'clock_unreliable', String(number));
      assert.equal(call(core, 'lookup_packed', present('x'), requirement, number), MISS);
      assert.equal(call(core, 'note_use', present('0123456789abcdef'), number), MISS);
    }
  });

  test('refuses texts that it cannot read, and goes on', () => {
    const { core, give, present, refused } = configured();
    const unreadable = ['', '{', '[]', '7', '{"requirement":7}', '{"requirment":"x"}', NO_TEXT, null];
    for (const question of unreadable) {
      for (const [step, ...args] of steps(present('x'), NOW)) {
        if (step === 'begin') continue;
        give(question);
        assert.equal(call(core, step, ...args), MISS);
        assert.equal(refused(), 'invalid_input', `${step} ${question}`);
      }
      give(question);
      call(core, 'intern');
      assert.equal(refused(), 'invalid_input', String(question));
      give(question);
      call(core, 'lookup', present('x'), NOW);
      assert.equal(refused(), 'invalid_input', String(question));
      give(question, CATALOG);
      call(core, 'configure');
      assert.equal(refused(), 'invalid_input', String(question));
    }
    for (const [step, ...args] of steps(present('x'), NOW)) {
      if (step === 'begin') continue;
      assert.equal(call(core, step, ...args), MISS);
      assert.equal(refused(), 'invalid_input', `${step}: no question`);
    }
    // Nothing was begun.
    for (const [step, ...args] of steps(present('x'), NOW).slice(2)) {
      give('{}');
      assert.equal(call(core, step, ...args), MISS);
      assert.equal(refused(), 'invalid_input', `${step}: nothing was begun`);
    }
    give('GET');
    call(core, 'route');
    assert.equal(refused(), 'invalid_input', 'no path');
    give('{"requirement":"messages:send"}');
    call(core, 'intern');
    assert.equal(refused(), undefined);
  });

  test('misses a length beyond its buffer, and a requirement that it does not know', () => {
    const { core, give, present } = configured();
    give('{}');
    const requirement = call(core, 'intern');
    for (const length of [6_145, -1]) {
      assert.equal(call(core, 'lookup_packed', length, requirement, NOW), MISS);
      assert.equal(call(core, 'note_use', length, NOW), MISS);
      give('{}');
      const malformed = call(core, 'classify', length, -1);
      assert.ok(malformed < MISS);
      assert.equal(call(core, 'begin', length, 0, NOW, -1), malformed);
    }
    for (const unknown of [requirement + 1, -1])
      assert.equal(call(core, 'lookup_packed', present('x'), unknown, NOW), MISS);
    give('{"requirement":"messages:send"}');
    const one = call(core, 'intern');
    const malformed = call(core, 'lookup_on', present('x'), 0, one, NOW);
    assert.ok(malformed < MISS, 'on the root, a text that is no credential is refused');
    for (const [length, beside, of, now] of [
      [257, 0, one, NOW],
      [1, 6_144 - 255, one, NOW],
      [1, -1, one, NOW],
      [-1, 0, one, NOW],
      [1, 0, requirement, NOW],
      [1, 0, one + 1, NOW],
      [1, 0, -1, NOW],
      [1, 0, one, Number.NaN],
    ] as const) {
      const what = JSON.stringify({ length, beside, of, now });
      assert.equal(call(core, 'lookup_on', length, beside, of, now), MISS, what);
    }
  });

  test('wipes a credential that was looked up on a resource', () => {
    const { core, give, present, bytes } = configured();
    give('{"requirement":"messages:send"}');
    const one = call(core, 'intern');
    for (const beside of [0, 6_144]) {
      const length = present('acme_live_secret'.repeat(16));
      assert.equal(length, 256);
      call(core, 'lookup_on', length, beside, one, NOW);
      assert.ok(bytes(256).every((byte) => byte === 0));
    }
  });
});

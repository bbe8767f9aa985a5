/** Keys and values: exact, unchanged, in the order of their bytes, up to the bounds. */

import type { Write } from '../../api/store.js';
import type { Check } from '../check.js';

/**
 * Keys that naive stores get wrong: separators, wildcards, quotes, and the ends of printable ASCII.
 */
const ODD_KEYS = [
  ' ',
  '!',
  '%',
  "'",
  '"',
  '*',
  '?',
  '[a-z]',
  '_',
  '`',
  '\\',
  '\\_',
  '{}',
  '~',
  '__proto__',
  'constructor',
  'toString',
  "a'); DROP TABLE entries; --",
  'a/b',
  'a/b/',
  'a/b!',
  'a/b ',
  'a/b~',
  'a/b0',
  'a/B',
  'A/b',
  'a_b',
  'axb',
  'a%b',
  '10',
  '9',
];

const ODD_VALUES = [
  '',
  ' ',
  'null',
  '0',
  '{"a":1}',
  '{"a": 1}',
  '{"__proto__":{"valid":true}}',
  'it\'s "quoted" \\ and `ticked`',
  'é',
  'e\u0301',
  'ß İ ﬁ',
  'trailing ',
  '\u202Eright to left',
  '😀 👩‍👩‍👧 \u{10ffff}',
  '\u0001\u007f\u0080\u2028\ufeff\ufffd\uffff',
  'line\r\nbreak\n\ttab',
];

const ordered = (keys: readonly string[]): string[] => [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

export const VALUE_CHECKS: Check[] = [
  {
    title: 'get answers in the order asked, null for what is not there, a key twice if asked twice',
    async run(context) {
      await context.put({ a: '1', b: '2', c: '3' });
      await context.get(['c', 'x', 'a', 'c', 'b'], ['3', null, '1', '3', '2'], 'calls', 'get of five keys');
      await context.get(['x'], [null], 'calls', 'get of a missing key');
      await context.get([], [], 'calls', 'get of no key');
    },
  },
  {
    title: 'keys are exact and in the order of their bytes',
    async run(context) {
      for (const key of ODD_KEYS)
        await context.commit([{ key, expect: null, value: `of ${key}` }], true, 'byte-order', 'a new key');
      await context.get(
        ODD_KEYS,
        ODD_KEYS.map((key) => `of ${key}`),
        'byte-order',
        'get of all keys',
      );
      const sorted = ordered(ODD_KEYS);
      await context.list({ prefix: '', limit: 1_000 }, sorted, 'byte-order', 'list of all keys');
      for (const prefix of ODD_KEYS) {
        const expected = sorted.filter((key) => key.startsWith(prefix));
        await context.list(
          { prefix, limit: 1_000 },
          expected,
          'calls',
          `list of the prefix ${JSON.stringify(prefix)}`,
        );
      }
    },
  },
  {
    title: 'values come back as they were put, and are compared as text',
    async run(context) {
      for (const [index, value] of ODD_VALUES.entries()) {
        const key = `value/${index}`;
        await context.commit([{ key, expect: null, value }], true, 'unchanged-values', 'a new key');
        await context.get([key], [value], 'unchanged-values', 'get of what was put');
        for (const expect of ODD_VALUES.filter((other) => other !== value))
          await context.commit(
            [{ key, expect, value: 'wrong' }],
            false,
            'unchanged-values',
            'a commit that expects another text',
          );
        await context.commit(
          [{ key, expect: value, value }],
          true,
          'unchanged-values',
          'a commit that expects the value',
        );
      }
      const entries = await context.store.list({ prefix: 'value/', limit: 1_000 });
      const expected = Object.fromEntries(ODD_VALUES.map((value, index) => [`value/${index}`, value]));
      for (const { key, value } of entries)
        context.same(value, expected[key], 'unchanged-values', 'list of what was put');
    },
  },
  {
    title: 'a key of 512 bytes, a value of 320,000 bytes, a commit of 1 MiB',
    throwing: 'bounds',
    async run(context) {
      const long = 'k'.repeat(512 - (context.opened.keyOverhead ?? 0));
      const value = 'v'.repeat(320_000);
      const wide = 'é'.repeat(128_000);
      await context.commit(
        [{ key: long, expect: null, value }],
        true,
        'bounds',
        'a key and a value of the greatest length',
      );
      await context.commit(
        [{ key: 'wide', expect: null, value: wide }],
        true,
        'bounds',
        '256,000 bytes of two-byte characters',
      );
      const answer = await context.store.get([long, 'wide']);
      context.same(
        answer[0] === value && answer[1] === wide,
        true,
        'bounds',
        'whether long values come back whole',
      );
      // Expectations count: Leastkey sends at most 1 MiB of both.
      const writes = Array.from({ length: 16 }, (_, index) => ({
        key: `m/${index}`,
        expect: null,
        value: 'v'.repeat(32_000),
      }));
      await context.commit(writes, true, 'bounds', 'a commit of 512 kB');
      const again = writes.map(({ key, value: expect }) => ({ key, expect, value: 'w'.repeat(32_000) }));
      await context.commit(again, true, 'bounds', 'a commit of 1 MiB with its expectations');
      await context.commit(again, false, 'bounds', 'the same commit again');
    },
  },
  {
    title: '32 writes are one commit, 128 keys are one get, 1,000 entries are one list',
    throwing: 'bounds',
    async run(context) {
      const keyOf = (index: number) => `k/${String(index).padStart(4, '0')}`;
      const writesFrom = (start: number): Write[] =>
        Array.from({ length: 32 }, (_, index) => ({
          key: keyOf(start + index),
          expect: null,
          value: `${start + index}`,
        }));
      await context.commit(writesFrom(0), true, 'bounds', '32 writes');
      await context.commit(writesFrom(0), false, 'bounds', 'the same 32 writes again');
      for (let start = 32; start < 1_024; start += 32)
        await context.commit(writesFrom(start), true, 'bounds', '32 writes');
      const keys = Array.from({ length: 128 }, (_, index) => keyOf(index));
      await context.get(
        keys,
        keys.map((_, index) => `${index}`),
        'bounds',
        'get of 128 keys',
      );
      const listed = Array.from({ length: 1_000 }, (_, index) => keyOf(index));
      await context.list({ prefix: 'k/', limit: 1_000 }, listed, 'bounds', 'list of 1,000 entries');
    },
  },
  {
    title: 'what was handed over is not kept: the caller may go on using it',
    async run(context) {
      // Not recorded: the recorder hands over copies.
      const { store } = context.opened;
      const write: Write = { key: 'k', value: '1' };
      context.same(await store.commit([write]), true, 'calls', 'a commit');
      write.value = '2';
      const [entry] = await store.list({ prefix: 'k', limit: 1 });
      if (entry !== undefined) entry.value = '3';
      const read = await store.get(['k']);
      read[0] = '4';
      await context.get(['k'], ['1'], 'calls', 'get after the caller changed its arguments and answers');
    },
  },
];

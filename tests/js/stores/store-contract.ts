/**
 * The contract suite of stores: the promises of docs/storage.md as tests. Each store that ships
 * passes it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Entry, MaybePromise, Store, Write } from 'leastkey';

export interface StoreUnderTest {
  store: Store;
  /**
   * A second connection to the same data, as another process has; the same store if there is none.
   */
  other: Store;
  /** Sets the clock by which the store drops expired keys, in milliseconds. */
  setClock(now: number): void;
  close(): MaybePromise<void>;
}

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
  'a/b~',
  'a/b0',
  'a/B',
  'A/b',
  'k'.repeat(512),
];

const ODD_VALUES = [
  '',
  ' ',
  'null',
  '{"__proto__":{"valid":true}}',
  'it\'s "quoted" \\ and `ticked`',
  'é e\u0301 ß İ',
  '\u202Eright to left',
  '😀 👩‍👩‍👧 \u{10ffff}',
  '\u0001\u007f\u0080\u2028\ufeff\ufffd\uffff',
  'line\r\nbreak\n\ttab',
  'v'.repeat(100_000),
];

/** Runs the suite on the stores that `open` makes. Each must be empty. */
export function storeContract(name: string, open: () => MaybePromise<StoreUnderTest>): void {
  const contract = (title: string, run: (opened: StoreUnderTest) => Promise<void>) =>
    test(title, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });

  describe(`the storage contract: ${name}`, () => {
    contract(
      'get answers in the order asked, null for what is not there, a key twice if asked twice',
      async ({ store }) => {
        await put(store, { a: '1', b: '2', c: '3' });
        assert.deepEqual(await store.get(['c', 'x', 'a', 'c', 'b']), ['3', null, '1', '3', '2']);
        assert.deepEqual(await store.get(['x']), [null]);
        assert.deepEqual(await store.get([]), []);
      },
    );

    contract('keys are exact and in the order of their bytes', async ({ store }) => {
      for (const key of ODD_KEYS)
        assert.equal(await store.commit([{ key, expect: null, value: `of ${key}` }]), true, key);
      for (const key of ODD_KEYS) assert.deepEqual(await store.get([key]), [`of ${key}`], key);
      assert.deepEqual(
        await store.get(ODD_KEYS),
        ODD_KEYS.map((key) => `of ${key}`),
      );
      const sorted = [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(await keysOf(store, { prefix: '', limit: 1_000 }), sorted);
      for (const prefix of ODD_KEYS) {
        const expected = sorted.filter((key) => key.startsWith(prefix));
        assert.deepEqual(await keysOf(store, { prefix, limit: 1_000 }), expected, prefix);
      }
    });

    contract('values come back as they were put, and are compared exactly', async ({ store }) => {
      for (const [index, value] of ODD_VALUES.entries()) {
        const key = `value/${index}`;
        assert.equal(await store.commit([{ key, expect: null, value }]), true);
        assert.deepEqual(await store.get([key]), [value]);
        assert.equal(await store.commit([{ key, expect: `${value}!`, value: 'wrong' }]), false);
        assert.equal(await store.commit([{ key, expect: value, value }]), true);
      }
      // Equal when displayed and under normalization, different as text.
      await put(store, { accent: 'é' });
      assert.equal(await store.commit([{ key: 'accent', expect: 'e\u0301', value: 'wrong' }]), false);
    });

    contract('list keeps to prefix, after and limit', async ({ store }) => {
      const keys = Array.from({ length: 25 }, (_, index) => `p/${String(index).padStart(2, '0')}`);
      await put(
        store,
        Object.fromEntries([...keys, 'o', 'p', 'p.', 'p0', 'q'].map((key) => [key, `of ${key}`])),
      );
      assert.deepEqual(await keysOf(store, { prefix: 'p/', limit: 1_000 }), keys);
      assert.deepEqual(await keysOf(store, { prefix: 'p/', limit: 3 }), keys.slice(0, 3));
      assert.deepEqual(await keysOf(store, { prefix: 'p/', after: 'p/02', limit: 3 }), keys.slice(3, 6));
      // `after` need not exist, or have the prefix.
      assert.deepEqual(await keysOf(store, { prefix: 'p/', after: 'p/02!', limit: 2 }), keys.slice(3, 5));
      assert.deepEqual(await keysOf(store, { prefix: 'p/', after: 'a', limit: 1 }), keys.slice(0, 1));
      assert.deepEqual(await keysOf(store, { prefix: 'p/', after: 'z', limit: 1 }), []);
      assert.deepEqual(await keysOf(store, { prefix: 'p/', after: 'p/24', limit: 1 }), []);
      assert.deepEqual(await keysOf(store, { prefix: 'nothing', limit: 1 }), []);
      const walked: string[] = [];
      for (let after: string | undefined; ; after = walked.at(-1)) {
        const page = await keysOf(store, {
          prefix: 'p',
          ...(after === undefined ? {} : { after }),
          limit: 4,
        });
        if (page.length === 0) break;
        walked.push(...page);
      }
      assert.deepEqual(walked, ['p', 'p.', ...keys, 'p0']);
      assert.deepEqual(await store.list({ prefix: 'q', limit: 1 }), [{ key: 'q', value: 'of q' }]);
    });

    contract('expect: a value, null, or nothing', async ({ store }) => {
      assert.equal(await store.commit([{ key: 'k', expect: 'x', value: '1' }]), false);
      assert.equal(
        await store.commit([{ key: 'k', expect: '', value: '1' }]),
        false,
        'no value is not the empty text',
      );
      assert.equal(await store.commit([{ key: 'k', expect: null, value: '1' }]), true);
      assert.equal(await store.commit([{ key: 'k', expect: null, value: '2' }]), false);
      assert.equal(await store.commit([{ key: 'k', expect: '2', value: '2' }]), false);
      assert.equal(await store.commit([{ key: 'k', expect: '1', value: '2' }]), true);
      assert.equal(await store.commit([{ key: 'k', value: '3' }]), true);
      assert.equal(await store.commit([{ key: 'n', value: '3' }]), true);
      assert.deepEqual(await store.get(['k', 'n']), ['3', '3']);
    });

    contract('value: a text, null to delete, or nothing to look only', async ({ store }) => {
      await put(store, { a: '1', b: '2' });
      assert.equal(
        await store.commit([
          { key: 'a', expect: '1' },
          { key: 'x', expect: null },
        ]),
        true,
      );
      assert.equal(await store.commit([{ key: 'a', expect: '2' }]), false);
      assert.equal(await store.commit([{ key: 'x', expect: '' }]), false);
      assert.deepEqual(await keysOf(store, { prefix: '', limit: 9 }), ['a', 'b']);
      assert.equal(
        await store.commit([
          { key: 'a', expect: '1', value: null },
          { key: 'x', value: null },
        ]),
        true,
      );
      assert.deepEqual(await store.get(['a', 'b', 'x']), [null, '2', null]);
      assert.deepEqual(await keysOf(store, { prefix: '', limit: 9 }), ['b']);
      assert.equal(
        await store.commit([{ key: 'a', expect: null, value: '3' }]),
        true,
        'a deleted key can come again',
      );
    });

    contract(
      'a commit is applied whole or not at all, wherever the failing write stands',
      async ({ store }) => {
        await put(store, { keep: '1', change: '1', drop: '1' });
        const writes: Write[] = [
          { key: 'change', expect: '1', value: '2' },
          { key: 'drop', expect: '1', value: null },
          { key: 'new', expect: null, value: '1' },
        ];
        const before = await store.list({ prefix: '', limit: 9 });
        for (let at = 0; at <= writes.length; at++) {
          assert.equal(await store.commit(writes.toSpliced(at, 0, { key: 'keep', expect: 'other' })), false);
          assert.deepEqual(await store.list({ prefix: '', limit: 9 }), before);
        }
        assert.equal(await store.commit([...writes, { key: 'keep', expect: '1' }]), true);
        assert.deepEqual(await store.get(['keep', 'change', 'drop', 'new']), ['1', '2', null, '1']);
      },
    );

    contract('32 writes are one commit', async ({ store }) => {
      const writes = Array.from({ length: 32 }, (_, index) => ({
        key: `k${index}`,
        expect: null,
        value: `${index}`,
      }));
      assert.equal(await store.commit(writes), true);
      assert.equal(await store.commit(writes), false);
      assert.deepEqual(
        await store.get(writes.map(({ key }) => key)),
        writes.map(({ value }) => value),
      );
    });

    contract('what is outside the contract is refused and changes nothing', async ({ store }) => {
      await put(store, { k: '1' });
      const many = Array.from({ length: 33 }, (_, index) => ({ key: `k${index}`, value: '' }));
      const refused: [string, () => unknown][] = [
        [
          'a key twice',
          () =>
            store.commit([
              { key: 'k', value: '2' },
              { key: 'k', value: '3' },
            ]),
        ],
        ['no write', () => store.commit([])],
        ['33 writes', () => store.commit(many)],
        ['an empty key', () => store.commit([{ key: '', value: '2' }])],
        ['a key of 513 characters', () => store.commit([{ key: 'k'.repeat(513), value: '2' }])],
        ['a key that is not ASCII', () => store.commit([{ key: 'ké', value: '2' }])],
        ['a key with a line break', () => store.commit([{ key: 'k\n', value: '2' }])],
        ['a value that is no text', () => store.commit([{ key: 'k', value: 2 as unknown as string }])],
        ['half a surrogate pair', () => store.commit([{ key: 'k', value: 'a\ud800b' }])],
        ['U+0000, which ends texts elsewhere', () => store.commit([{ key: 'k', value: 'a\0b' }])],
        ['an expiry that is NaN', () => store.commit([{ key: 'k', value: '2', expiresAt: Number.NaN }])],
        ['a negative expiry', () => store.commit([{ key: 'k', value: '2', expiresAt: -1 }])],
        ['an expiry beyond 2^53', () => store.commit([{ key: 'k', value: '2', expiresAt: 2 ** 53 }])],
        ['an expiry of a deleted key', () => store.commit([{ key: 'k', value: null, expiresAt: 1 }])],
        ['a get of an empty key', () => store.get([''])],
        ['a limit of 0', () => store.list({ prefix: '', limit: 0 })],
        ['a limit of 1,001', () => store.list({ prefix: '', limit: 1_001 })],
        ['a limit that is no whole number', () => store.list({ prefix: '', limit: 1.5 })],
        ['a prefix that is not ASCII', () => store.list({ prefix: 'é', limit: 1 })],
      ];
      for (const [title, call] of refused) {
        await assert.rejects(async () => call(), { name: 'LeastkeyError', code: 'invalid_input' }, title);
      }
      assert.deepEqual(await store.list({ prefix: '', limit: 9 }), [{ key: 'k', value: '1' }]);
    });

    contract(
      'expired keys go, never early, and never one that was written again',
      async ({ store, setClock }) => {
        setClock(1_000);
        const forever: Write = { key: 'forever', value: '1' };
        const soon: Write = { key: 'soon', value: '1', expiresAt: 2_000 };
        const again: Write = { key: 'again', value: '1', expiresAt: 2_000 };
        assert.equal(await store.commit([forever, soon, again]), true);
        assert.equal(await store.commit([{ key: 'again', value: '2' }]), true);
        setClock(1_999);
        await touch(store);
        assert.deepEqual(await store.get(['forever', 'soon', 'again']), ['1', '1', '2']);
        setClock(2_000);
        await touch(store);
        assert.deepEqual(await store.get(['forever', 'soon', 'again']), ['1', null, '2']);
        assert.equal(await store.commit([{ key: 'soon', expect: null, value: '3', expiresAt: 9_000 }]), true);
        assert.deepEqual(await store.get(['soon']), ['3']);
      },
    );

    contract('a heap of expired keys goes bit by bit', async ({ store, setClock }) => {
      setClock(1_000);
      for (let batch = 0; batch < 10; batch++) {
        const writes = Array.from({ length: 32 }, (_, index) => ({
          key: `old/${batch}/${index}`,
          value: '1',
          expiresAt: 2_000 + index,
        }));
        assert.equal(await store.commit(writes), true);
      }
      setClock(5_000);
      for (let commits = 0; commits < 100; commits++) await touch(store);
      assert.deepEqual(await store.list({ prefix: 'old/', limit: 1_000 }), []);
    });

    contract('of many who race for one value exactly one wins', async ({ store, other }) => {
      await put(store, { race: 'start', wins: '0' });
      for (let round = 0; round < 20; round++) {
        const from = (await store.get(['race']))[0] as string;
        const racers = Array.from({ length: 16 }, (_, index) => `${round}.${index}`);
        const won = await Promise.all(
          racers.map((value, index) =>
            (index % 2 ? other : store).commit([{ key: 'race', expect: from, value }]),
          ),
        );
        assert.equal(won.filter(Boolean).length, 1);
        assert.deepEqual(await other.get(['race']), [racers[won.indexOf(true)]]);
      }
    });

    contract('what one has committed, the other reads', async ({ store, other }) => {
      for (let turn = 0; turn < 50; turn++) {
        const [writer, reader] = turn % 2 ? [store, other] : [other, store];
        assert.equal(await writer.commit([{ key: 'turn', value: `${turn}` }]), true);
        assert.deepEqual(await reader.get(['turn']), [`${turn}`]);
        assert.deepEqual(await reader.get(['turn', 'x']), [`${turn}`, null]);
        assert.deepEqual(await reader.list({ prefix: 'turn', limit: 1 }), [
          { key: 'turn', value: `${turn}` },
        ]);
      }
    });

    contract('what was handed over is not kept: the caller may go on using it', async ({ store }) => {
      const write: Write = { key: 'k', value: '1' };
      assert.equal(await store.commit([write]), true);
      write.value = '2';
      const [entry] = (await store.list({ prefix: 'k', limit: 1 })) as [Entry];
      entry.value = '3';
      assert.deepEqual(await store.get(['k']), ['1']);
    });
  });
}

async function put(store: Store, entries: Record<string, string>): Promise<void> {
  const writes = Object.entries(entries).map(([key, value]) => ({ key, value }));
  for (let at = 0; at < writes.length; at += 32)
    assert.equal(await store.commit(writes.slice(at, at + 32)), true);
}

async function keysOf(
  store: Store,
  range: { prefix: string; after?: string; limit: number },
): Promise<string[]> {
  return (await store.list(range)).map(({ key }) => key);
}

/** A commit of an unrelated key: stores drop expired keys along with commits. */
async function touch(store: Store): Promise<void> {
  assert.equal(await store.commit([{ key: 'touch', value: '1' }]), true);
}

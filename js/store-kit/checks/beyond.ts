/** What the stores that ship with Leastkey do besides the contract. */

import type { Check } from '../check.js';
import { outcome } from '../check.js';

export const REFUSALS: Check = {
  title: 'calls outside of the contract are refused and change nothing',
  async run(context) {
    const { store } = context.opened;
    await context.put({ k: '1' });
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
      const end = await outcome(async () => call());
      const code = 'failure' in end ? (end.failure as { code?: unknown } | undefined)?.code : 'no error';
      context.same(code, 'invalid_input', 'refusals', title);
    }
    await context.list({ prefix: '', limit: 9 }, ['k'], 'refusals', 'list afterwards');
    await context.get(['k'], ['1'], 'refusals', 'get afterwards');
  },
};

export const SWEEPING: Check = {
  title: 'expired keys are deleted, many of them bit by bit',
  async run(context) {
    const { setClock } = context.opened;
    if (setClock === undefined) throw new Error('sweeping: the store under test has no setClock');
    setClock(1_000);
    const yes = (writes: Parameters<typeof context.commit>[0]) =>
      context.commit(writes, true, 'sweeping', 'a commit');
    for (let batch = 0; batch < 10; batch++) {
      await yes(
        Array.from({ length: 32 }, (_, index) => ({
          key: `old/${batch}/${index}`,
          value: '1',
          expiresAt: 2_000 + index,
        })),
      );
    }
    await yes([{ key: 'one', value: '1', expiresAt: 1_500 }]);
    setClock(1_500);
    await yes([{ key: 'touch', value: '1' }]);
    await context.get(['one'], [null], 'sweeping', 'get from the expiry on, after a commit');
    await yes([{ key: 'one', expect: null, value: '2', expiresAt: 9_000 }]);
    setClock(5_000);
    for (let commits = 0; commits < 100; commits++) await yes([{ key: 'touch', value: '1' }]);
    await context.list(
      { prefix: 'old/', limit: 1_000 },
      [],
      'sweeping',
      'list of expired keys after 100 commits',
    );
    await context.get(['one'], ['2'], 'sweeping', 'get of a key that was written again');
  },
};

/** Commits of one client: expectations, values, and all or nothing. */

import type { Write } from '../../api/store.js';
import type { Check } from '../check.js';

export const COMMIT_CHECKS: Check[] = [
  {
    title: 'expect: a value, null, or nothing',
    async run(context) {
      const rows: [write: Write, expected: boolean, what: string][] = [
        [{ key: 'k', expect: 'x', value: '1' }, false, 'a value is expected where there is none'],
        [{ key: 'k', expect: '', value: '1' }, false, 'the empty text is expected where there is no value'],
        [{ key: 'k', expect: null, value: '1' }, true, 'no value is expected where there is none'],
        [{ key: 'k', expect: null, value: '2' }, false, 'no value is expected where there is one'],
        [{ key: 'k', expect: '2', value: '2' }, false, 'another value is expected'],
        [{ key: 'k', expect: '1', value: '2' }, true, 'the value is expected'],
        [{ key: 'k', value: '3' }, true, 'nothing is expected where there is a value'],
        [{ key: 'n', value: '3' }, true, 'nothing is expected where there is none'],
      ];
      for (const [write, expected, what] of rows)
        await context.commit([write], expected, 'compare-and-swap', what);
      await context.get(['k', 'n'], ['3', '3'], 'compare-and-swap', 'get of the results');
    },
  },
  {
    title: 'value: a text, null to delete, or nothing to look only',
    async run(context) {
      await context.put({ a: '1', b: '2', e: '' });
      const rows: [writes: Write[], expected: boolean, what: string][] = [
        [
          [
            { key: 'a', expect: '1' },
            { key: 'x', expect: null },
          ],
          true,
          'two looks that hold',
        ],
        [[{ key: 'a', expect: '2' }], false, 'a look for another value'],
        [[{ key: 'x', expect: '' }], false, 'a look for the empty text where there is no value'],
        [[{ key: 'e', expect: null }], false, 'a look for nothing where the empty text is'],
        [[{ key: 'e', expect: '' }], true, 'a look for the empty text'],
        [
          [
            { key: 'a', expect: null },
            { key: 'b', value: '9' },
          ],
          false,
          'a look that fails beside a write',
        ],
      ];
      for (const [writes, expected, what] of rows)
        await context.commit(writes, expected, 'compare-and-swap', what);
      await context.list({ prefix: '', limit: 9 }, ['a', 'b', 'e'], 'compare-and-swap', 'list after looks');
      await context.commit(
        [
          { key: 'a', expect: '1', value: null },
          { key: 'x', value: null },
        ],
        true,
        'calls',
        'deletions, of a missing key too',
      );
      await context.get(['a', 'b', 'x'], [null, '2', null], 'calls', 'get after deletions');
      await context.list({ prefix: '', limit: 9 }, ['b', 'e'], 'calls', 'list after deletions');
      await context.commit(
        [{ key: 'a', expect: '1', value: '2' }],
        false,
        'compare-and-swap',
        'a deleted value is expected',
      );
      await context.commit(
        [{ key: 'a', expect: null, value: '3' }],
        true,
        'compare-and-swap',
        'a deleted key comes again',
      );
    },
  },
  {
    title: 'a commit is applied whole or not at all, wherever the failing write stands',
    async run(context) {
      await context.put({ keep: '1', change: '1', drop: '1' });
      const writes: Write[] = [
        { key: 'change', expect: '1', value: '2' },
        { key: 'drop', expect: '1', value: null },
        { key: 'new', expect: null, value: '1' },
        { key: 'blind', value: '1' },
      ];
      const keys = ['keep', 'change', 'drop', 'new', 'blind'];
      for (let at = 0; at <= writes.length; at++) {
        const failing = writes.toSpliced(at, 0, { key: 'keep', expect: 'other' });
        await context.commit(failing, false, 'compare-and-swap', `the expectation of write ${at + 1} fails`);
        await context.get(
          keys,
          ['1', '1', '1', null, null],
          'whole-commits',
          'get after a commit that was answered false',
        );
      }
      await context.commit(
        [...writes, { key: 'keep', expect: '1' }],
        true,
        'whole-commits',
        'all expectations hold',
      );
      await context.get(keys, ['1', '2', null, '1', '1'], 'whole-commits', 'get after the commit');
    },
  },
];

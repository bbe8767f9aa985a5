/** Ranges: prefix, `after` and limit. */

import type { Check } from '../check.js';

const KEYS = Array.from({ length: 25 }, (_, index) => `p/${String(index).padStart(2, '0')}`);
const NEIGHBORS = ['o', 'p', 'p.', 'p0', 'q'];

export const LIST_CHECKS: Check[] = [
  {
    title: 'list keeps to prefix, after and limit',
    async run(context) {
      await context.put(Object.fromEntries([...KEYS, ...NEIGHBORS].map((key) => [key, `of ${key}`])));
      const rows: [range: { prefix: string; after?: string; limit: number }, expected: string[]][] = [
        [{ prefix: 'p/', limit: 1_000 }, KEYS],
        [{ prefix: 'p/', limit: 3 }, KEYS.slice(0, 3)],
        [{ prefix: 'p/', limit: 25 }, KEYS],
        [{ prefix: 'p/', after: 'p/02', limit: 3 }, KEYS.slice(3, 6)],
        // `after` need not exist, or have the prefix.
        [{ prefix: 'p/', after: 'p/02!', limit: 2 }, KEYS.slice(3, 5)],
        [{ prefix: 'p/', after: 'a', limit: 1 }, KEYS.slice(0, 1)],
        [{ prefix: 'p/', after: 'z', limit: 1 }, []],
        [{ prefix: 'p/', after: 'p/24', limit: 1 }, []],
        [{ prefix: 'nothing', limit: 1 }, []],
        [{ prefix: 'p', after: 'p', limit: 2 }, ['p.', 'p/00']],
      ];
      for (const [range, expected] of rows) await context.list(range, expected, 'calls', 'list');
      context.same(
        await context.store.list({ prefix: 'q', limit: 1 }),
        [{ key: 'q', value: 'of q' }],
        'calls',
        'list of one entry',
      );
    },
  },
  {
    title: 'pages join without a gap or a repetition, whatever their limit',
    async run(context) {
      await context.put(Object.fromEntries([...KEYS, ...NEIGHBORS].map((key) => [key, `of ${key}`])));
      for (const limit of [1, 4, 25, 28, 29]) {
        const walked: string[] = [];
        // One more round than pages are possible.
        for (let page = 0; page <= KEYS.length + NEIGHBORS.length; page++) {
          const after = walked.at(-1);
          const entries = await context.store.list({
            prefix: 'p',
            ...(after !== undefined && { after }),
            limit,
          });
          if (entries.length === 0) break;
          walked.push(...entries.map(({ key }) => key));
        }
        context.same(walked, ['p', 'p.', ...KEYS, 'p0'], 'calls', `pages of ${limit}`);
      }
    },
  },
];

/** How the time of each operation grows with the number of tokens: linear is an exponent of 1. */

import { createTokens } from 'leastkey';
import { actor, catalog, createToken, prefix } from '../contestants/leastkey.mjs';
import { growthRows } from '../growth-rows.mjs';
import { required } from '../scenario.mjs';
import { bigStore } from '../store.mjs';

const OWNER = 'org:0';

/**
 * Operations with this number of tokens of one owner; `grow` adds to the tokens of the previous
 * size.
 */
export function ofTokens() {
  let clock = Date.now();
  const store = bigStore();
  let created = 0;
  let tokens;
  const credentials = [];
  return async (size) => {
    tokens ??= await createTokens({ catalog, store, prefix, freshness: '5s', now: () => clock });
    for (; created < size; created += 1) {
      const credential = await createToken(tokens, created, { owner: OWNER });
      if (credentials.length < CACHED) credentials.push(credential);
    }
    for (const credential of credentials) await tokens.verify(credential);
    const [credential] = credentials;
    return {
      'create one more': async () => {
        await createToken(tokens, created, { owner: OWNER });
        created += 1;
      },
      'list all, page by page': async () => {
        let found = 0;
        for (let after, more = true; more; more = after !== undefined) {
          const { items, next } = await tokens.list({ owner: OWNER, limit: 200, after }, actor);
          found += items.length;
          after = next;
        }
        if (found !== created) throw new Error(`Listed ${found} of ${created} tokens.`);
      },
      'read the feed, and verify': () => {
        clock += 6_000;
        if (tokens.verifySync(credential, required)?.valid !== true) throw new Error('The verdict is wrong.');
      },
    };
  };
}

/** The number of tokens that an instance caches. */
const CACHED = 10_000;

async function measure() {
  return growthRows(ofTokens());
}

export const parts = [
  {
    key: 'growth',
    title: 'Growth with the tokens of an owner (times at 100, 1,000, 10,000 and 100,000)',
    estimate: 120_000,
    measure,
  },
];

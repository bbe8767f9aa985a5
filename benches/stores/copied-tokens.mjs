/** Very many tokens in a store, as copies of real ones: `create` for each would take an hour. */

import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, createToken, prefix } from '../contestants/leastkey.mjs';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The tokens of one batch. */
const BATCH = 2_000;

/**
 * The entries of tokens that `create` would leave, without its idempotency records: each with a
 * credential, an id and a digest of its own. They are made a millisecond apart. The hashes of their
 * audit entries form no chain.
 *
 * @param {{ owner: string, count: number }[]} owners
 * @returns {AsyncGenerator<{ entries: [key: string, value: string][], credentials: string[] }>}
 */
export async function* copiedTokens(owners) {
  let now = Date.now() - 86_400_000;
  const store = memoryStore();
  const tokens = await createTokens({ catalog, store, prefix, now: () => now });
  yield { entries: await deploymentEntries(), credentials: [] };
  for (const { owner, count } of owners) {
    const original = await originalOf(tokens, store, owner);
    for (let at = 0; at < count; at += BATCH) {
      const entries = [];
      const credentials = [];
      for (let number = at + 1; number <= Math.min(at + BATCH, count); number += 1) {
        now += 1;
        const minted = tokens.mint();
        entries.push(...copyOf(original, owner, minted, number));
        credentials.push(minted.token);
      }
      yield { entries, credentials };
    }
    yield {
      entries: [[`audit-head/${owner}`, original.head.replace('"seq":1', `"seq":${count}`)]],
      credentials: [],
    };
  }
}

/** The key by which an id is listed: newer ids first. */
const mirrored = (id) => Array.from(id, (digit) => BASE62[61 - BASE62.indexOf(digit)]).join('');

/** The values that the first token of an owner leaves. */
async function originalOf(tokens, store, owner) {
  const credential = await createToken(tokens, 0, { owner });
  const { id } = (await tokens.verify(credential)).token;
  const [record, audit, head] = store.get([
    `token/${id}`,
    `audit/${owner}/${String(1).padStart(16, '0')}`,
    `audit-head/${owner}`,
  ]);
  return { id, record, audit, head };
}

function copyOf({ id, record, audit }, owner, minted, number) {
  const own = (text) => text.replaceAll(id, minted.id).replace('"name":"Key 0"', `"name":"Key ${number}"`);
  const entry = own(audit)
    .replace('"seq":1', `"seq":${number}`)
    .replace('"previous":null', `"previous":"${minted.digest}"`);
  return [
    [`token/${minted.id}`, own(record).replace(/"digest":"[0-9a-f]{64}"/, `"digest":"${minted.digest}"`)],
    [`owner/${owner}/${mirrored(minted.id)}`, `"${minted.id}"`],
    [`audit/${owner}/${String(number).padStart(16, '0')}`, entry],
  ];
}

/** What the first change of a deployment leaves besides a token. */
async function deploymentEntries() {
  const store = memoryStore();
  await createToken(await createTokens({ catalog, store, prefix }), 0);
  return [['meta/deployment', store.get(['meta/deployment'])[0]]];
}

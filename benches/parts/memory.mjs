/**
 * The memory of one more token in the cache of a verifier: linear memory of the core, and the heap
 * of JavaScript.
 */

import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/shell/run.mjs';
import { catalog, prefix } from '../contestants/leastkey.mjs';
import { permissions, textOf } from '../scenario.mjs';
import { storedTokens } from '../stored-tokens.mjs';

const runner = fileURLToPath(new URL('../memory/run.mjs', import.meta.url));

/** Of a token whose set of permissions many have, and of one with a set of its own. */
const SHARED = 250;
const OWN = 450;

/** 20 of the 40, drawn for each token, so that almost all sets differ. */
function ownOf(key) {
  const drawn = [...textOf(permissions.length, key)].map((letter, at) => [letter, permissions[at]]);
  const chosen = drawn.sort(([one], [other]) => (one < other ? -1 : Number(one > other))).slice(0, 20);
  return { add: chosen.map(([, permission]) => permission) };
}

/** The default of a verifier. */
const CAPACITY = 10_000;

/** The memory of the first tokens of a file, in a cache with this capacity. */
export async function memoryRow({ who, stored, count, capacity = CAPACITY, target }) {
  const { file, credentialsFile } = stored;
  const question = JSON.stringify({ file, credentialsFile, count, capacity, catalog, prefix });
  const output = await run(process.execPath, ['--expose-gc', '--max-old-space-size=8192', runner, question]);
  const { before, after, again } = JSON.parse(output.trim().split('\n').at(-1));
  const cached = Math.min(count, capacity);
  const grown = (one, other) => {
    const per = (bytes) => Math.round(bytes / cached);
    const heap = other.heap + other.external - one.heap - one.external;
    return { linear: per(other.linear - one.linear), heap: per(heap) };
  };
  const [first, second] = [grown(before, after), grown(after, again)];
  const note = `linear ${first.linear} + heap ${first.heap}; all once more: ${second.linear} + ${second.heap}`;
  return { who, ours: true, unit: 'B', target, median: first.linear + first.heap, note };
}

const MANY = 100_000;

async function measure(say) {
  const shared = await storedTokens(MANY, { say });
  const own = await storedTokens(CAPACITY, { membersOf: ownOf, say });
  const cases = [
    { who: '1,000 tokens, 20 different sets of permissions', stored: shared, count: 1_000, target: SHARED },
    {
      who: '10,000 tokens, 20 different sets of permissions',
      stored: shared,
      count: CAPACITY,
      target: SHARED,
    },
    { who: '10,000 tokens, each with a set of its own', stored: own, count: CAPACITY, target: OWN },
    {
      who: '100,000 tokens, 20 different sets, a capacity of 100,000',
      stored: shared,
      count: MANY,
      capacity: MANY,
      target: SHARED,
    },
    { who: '100,000 tokens in turn, 20 different sets', stored: shared, count: MANY, target: SHARED },
  ];
  try {
    const rows = [];
    for (const one of cases) {
      say(one.who);
      rows.push(await memoryRow(one));
    }
    return rows;
  } finally {
    shared.remove();
    own.remove();
  }
}

export const parts = [
  { key: 'memory', title: 'Memory of one cached token with 20 permissions', estimate: 120_000, measure },
];

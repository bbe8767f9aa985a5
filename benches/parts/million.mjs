/** A million tokens in a SQLite file: verifications without a cache, and all of them cached. */

import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/shell/run.mjs';
import { catalog, prefix } from '../contestants/leastkey.mjs';
import { quartiles } from '../race/race.mjs';
import { required } from '../scenario.mjs';
import { storedTokens } from '../stored-tokens.mjs';
import { memoryRow } from './memory.mjs';

const runner = fileURLToPath(new URL('../stored/run.mjs', import.meta.url));

const MANY = 1_000_000;
const FEW = 1_000;

/** The most that a verification among a million may take, beside one among a thousand. */
const LARGER = 1.3;

/** Bytes of a cached token whose set of permissions others have too. */
const SHARED = 250;

async function measure(say) {
  const few = await storedTokens(FEW);
  try {
    const many = await storedTokens(MANY, { say });
    try {
      say('verifying without a cache');
      const rows = [await medianRow(few, many)];
      say('verifying all of them, to cache them');
      const who = 'memory of one, all cached: 20 different sets, a capacity of 1,000,000';
      rows.push(await memoryRow({ who, stored: many, count: MANY, capacity: MANY, target: SHARED }));
      return rows;
    } finally {
      many.remove();
    }
  } finally {
    few.remove();
  }
}

/** The median of single verifications, of ids that are drawn evenly. */
export async function medianRow(few, many) {
  const files = [few, many].map(({ file, credentialsFile }) => ({ file, credentialsFile }));
  const question = JSON.stringify({ files, catalog, prefix, required });
  const output = await run(process.execPath, ['--max-old-space-size=4096', runner, question]);
  const turns = JSON.parse(output.trim().split('\n').at(-1));
  const ratios = quartiles(turns.map(([one, other]) => other / one));
  const [inFew, inMany] = [0, 1].map((at) => quartiles(turns.map((turn) => turn[at])).median);
  return {
    who: 'verify, freshness 0, an id drawn evenly: beside 1,000 stored tokens',
    ours: true,
    unit: '×',
    target: LARGER,
    ...ratios,
    note: `${inMany.toFixed(1)} µs, among 1,000 ${inFew.toFixed(1)} µs`,
  };
}

export const parts = [
  { key: 'million', title: 'A million stored tokens, in SQLite', estimate: 900_000, measure },
];

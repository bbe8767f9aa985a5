/**
 * Verifications without a cache, of tokens in two files: `node stored/run.mjs <question>`. The
 * files take turns. Prints the median of each turn in both, in microseconds, as JSON.
 */

import { readFileSync } from 'node:fs';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { evenly } from '../evenly.mjs';
import { quartiles } from '../race/race.mjs';

/** The number of turns, those that are a warm-up, and the verifications of one. */
const TURNS = 60;
const WARM_UP = 20;
const CALLS = 250;

const drawBelow = evenly(1);
const { files, catalog, prefix, required } = JSON.parse(process.argv[2]);
const deployments = await Promise.all(files.map(opened));

const turns = [];
for (let turn = 0; turn < TURNS + WARM_UP; turn += 1) {
  const order = turn % 2 === 0 ? deployments : deployments.toReversed();
  for (const deployment of order) deployment.times.push(await median(deployment));
  if (turn >= WARM_UP) turns.push(deployments.map(({ times }) => times.at(-1)));
}
for (const { store } of deployments) store.close();
console.log(JSON.stringify(turns));

async function opened({ file, credentialsFile }) {
  const credentials = readFileSync(credentialsFile, 'latin1').split('\n');
  const store = sqliteStore({ path: file });
  // Without room for tokens: a thousand could be known, a million could not.
  const tokens = await createTokens({ catalog, store, prefix, capacity: 1 });
  return { credentials, store, tokens, times: [] };
}

/** Each verification is timed by itself: what a pause makes longer is not in the median. */
async function median({ credentials, tokens }) {
  const drawn = Array.from({ length: CALLS }, () => credentials[drawBelow(credentials.length)]);
  const times = [];
  for (const credential of drawn) {
    const start = performance.now();
    const { valid } = await tokens.verify(credential, required);
    times.push((performance.now() - start) * 1_000);
    if (!valid) throw new Error('A verdict is wrong.');
  }
  return quartiles(times).median;
}

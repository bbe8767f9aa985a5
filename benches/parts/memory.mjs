/**
 * The memory of one more token in the cache of a verifier: linear memory of the core, and the heap
 * of JavaScript.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/shell/run.mjs';
import { catalog, deployed, prefix } from '../contestants/leastkey.mjs';
import { heldBy, permissions, textOf } from '../scenario.mjs';
import { bigStore } from '../store.mjs';

const runner = fileURLToPath(new URL('../memory/run.mjs', import.meta.url));

/** 20 of the 40, drawn for each token, so that almost all sets differ. */
function ownOf(key) {
  const drawn = [...textOf(permissions.length, key)].map((letter, at) => [letter, permissions[at]]);
  const chosen = drawn.sort(([one], [other]) => (one < other ? -1 : Number(one > other))).slice(0, 20);
  return chosen.map(([, permission]) => permission);
}

export const cases = [
  { who: '10,000 tokens, 20 different sets of permissions', count: 10_000, held: heldBy },
  { who: '10,000 tokens, each with a set of its own', count: 10_000, held: ownOf },
  { who: '100,000 tokens in turn, 20 different sets', count: 100_000, held: heldBy },
];

/**
 * The memory of the verifier after the first pass over the tokens, and what a second pass added.
 */
export async function memoryOf({ count, held }) {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-memory-'));
  try {
    const store = bigStore();
    const { credentials } = await deployed({ store, count, held });
    const values = {};
    for (let after, page; page === undefined || page.length === 1_000; after = page.at(-1)?.key) {
      page = store.list({ prefix: '', after, limit: 1_000 });
      for (const { key, value } of page) if (/^(token|feed|account)\//.test(key)) values[key] = value;
    }
    const file = join(folder, 'tokens.json');
    writeFileSync(file, JSON.stringify({ values, credentials, catalog, prefix }));
    const output = await run(process.execPath, ['--expose-gc', '--max-old-space-size=4096', runner, file]);
    const { before, after, again } = JSON.parse(output.trim().split('\n').at(-1));
    const grown = (one, other) => ({
      linear: other.linear - one.linear,
      heap: other.heap + other.external - one.heap - one.external,
    });
    return { first: grown(before, after), second: grown(after, again) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number of cached tokens, by which the growth is divided. */
const CACHED = 10_000;

async function measure() {
  const rows = [];
  for (const { who, ...some } of cases) {
    const { first, second } = await memoryOf(some);
    const per = (bytes) => Math.round(bytes / CACHED);
    const note =
      `linear ${per(first.linear)} + heap ${per(first.heap)}; ` +
      `all once more: ${per(second.linear)} + ${per(second.heap)}`;
    rows.push({ who, ours: true, unit: 'B', target: 160, median: per(first.linear + first.heap), note });
  }
  return rows;
}

export const parts = [
  { key: 'memory', title: 'Memory of one cached token with 20 permissions', estimate: 90_000, measure },
];

/**
 * `npm run scale`: what each operation asks of a store, what a large deployment needs by the
 * formulas of docs/scale.md, and how long a revocation takes to be honoured by 10,000 isolates.
 */

import { parseArgs } from 'node:util';
import { simulate } from './scale/simulation.mjs';

const { values: options } = parseArgs({
  options: {
    isolates: { type: 'string', default: '10000' },
    tokens: { type: 'string', default: '1000000000' },
    active: { type: 'string', default: '10000000' },
    requests: { type: 'string', default: '1000000' },
    changes: { type: 'string', default: '1000' },
    spread: { type: 'string', default: '10' },
    window: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    'only-simulation': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const given = Object.fromEntries(
  Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? Number(value) : value]),
);

/** Window and latency of a feed read in seconds; share of lost reads; verifications a second. */
const SCENARIOS = [
  { what: 'in the region, no losses', window: 1, rate: 1, latency: 0.005, loss: 0 },
  { what: 'in the region, no losses', window: 5, rate: 1, latency: 0.005, loss: 0 },
  { what: 'another continent, 1 % lost', window: 5, rate: 1, latency: 0.15, loss: 0.01 },
  { what: 'another continent, 20 % lost', window: 5, rate: 1, latency: 0.15, loss: 0.2 },
  { what: 'another continent, 20 % lost, busy', window: 5, rate: 20, latency: 0.15, loss: 0.2 },
  { what: 'a rarely used token', window: 5, rate: 0.1, latency: 0.15, loss: 0.01 },
  { what: 'in the region, no losses', window: 60, rate: 1, latency: 0.005, loss: 0 },
];

const seconds = (value) => `${value.toFixed(2)} s`;

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const simulated = SCENARIOS.map(({ what, ...settings }) => ({
  what,
  ...settings,
  ...simulate({ isolates: given.isolates, seed: given.seed, timeout: 5, ...settings }),
}));

/** The formulas of docs/scale.md. */
function estimate({ bytes, operations }) {
  const { isolates, tokens, active, requests, changes, spread, window } = given;
  const feed = operations['read of the change feed'];
  const first = operations['first verification of another token'];
  const feedReads = Math.min(isolates / window, requests);
  const loads = (active * spread) / 86_400;
  return {
    'bytes of all tokens': `${((tokens * bytes) / 1e12).toFixed(1)} TB`,
    'reads of the feed a second': Math.round(feedReads),
    'keys of those reads a second': Math.round(feedReads * feed.keys),
    'reads of tokens a second, with a cache': Math.round(loads * first.gets),
    'commits a second': changes,
    'written a second': `${((changes * operations.revoke.written) / 1e6).toFixed(1)} MB`,
    'reads a second without a cache': requests * operations['verify, freshness 0, again'].gets,
  };
}

const measured = given['only-simulation']
  ? undefined
  : await (await import('./scale/constants.mjs')).measure();
if (given.json) console.log(JSON.stringify({ given, measured, simulated }, null, 2));
else {
  if (measured !== undefined) {
    console.log(`A token with 20 permissions stays with ${measured.bytes} bytes.\n`);
    const rows = Object.entries(measured.operations).map(([name, each]) => [
      name,
      each.gets,
      each.keys,
      each.lists,
      each.commits,
      each.writes,
      each.read,
      each.written,
    ]);
    console.log(
      table(['operation', 'gets', 'keys', 'lists', 'commits', 'writes', 'bytes read', 'bytes written'], rows),
    );
    console.log(`\n${table(['needs', ''], Object.entries(estimate(measured)))}\n`);
  }
  const rows = simulated.map((row) => [
    row.what,
    seconds(row.window),
    row.rate,
    `${row.latency * 1_000} ms`,
    `${row.loss * 100} %`,
    seconds(row.p50),
    seconds(row.p90),
    seconds(row.p99),
    seconds(row.longest),
    `${(row.unavailable * 100).toFixed(1)} %`,
  ]);
  console.log(
    table(
      [
        'isolates',
        'window = bound',
        'verifications a second',
        'feed read',
        'lost',
        'p50',
        'p90',
        'p99',
        'longest',
        '503',
      ],
      rows,
    ),
  );
}

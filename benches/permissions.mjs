/**
 * `npm run bench`: what the permission model costs on a catalog of 22,000 permissions, beside the library that is used
 * for such catalogs today. Ratios hold; absolute times are this machine's, on this day.
 */

import { expandIamActions } from '@cloud-copilot/iam-expand';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { iamCatalog } from '../tests/js/support/iam-catalog.mjs';

const root = { id: 'root', roles: { '': 'admin' } };
const catalog = await iamCatalog();
const deploy = () => createTokens({ catalog, store: memoryStore(), prefix: 'bench' });
const tokens = await deploy();

console.log('Compile the whole catalog (456 services, 22,091 actions)');
const [compile, stringify] = await race([deploy, () => JSON.stringify(catalog)], { rounds: 21, calls: 1 });
row('createTokens', compile, 'target: 60 ms or less');
row('of which JSON.stringify', stringify);

for (const pattern of ['s3:Get*', 'ec2:Describe*', 's3:*Tag*']) {
  const selection = { add: [pattern] };
  console.log(`\n${pattern} (${tokens.expand(pattern).length} permissions)`);
  const [expand, resolve, library] = await race(
    [
      () => tokens.expand(pattern),
      () => tokens.resolve(selection, { tree: false }),
      () => expandIamActions(pattern),
    ],
    { rounds: 101, calls: 50 },
  );
  row('iam-expand', library);
  row('expand', expand, `${(library / expand).toFixed(1)} times as fast as iam-expand`);
  row('resolve, without the tree', resolve, `${(library / resolve).toFixed(1)} times as fast`);
}

console.log('\nVerify, with the record read from memory and parsed each time');
const [permission] = tokens.expand(`${Object.keys(catalog.services)[0]}:*`);
for (const [count, calls] of [
  [7, 200],
  [7_000, 10],
]) {
  const token = await tokenOf(count);
  const [none, one] = await race([() => tokens.verify(token), () => tokens.verify(token, permission)], {
    rounds: 31,
    calls,
  });
  row(`${count} permissions, no requirement`, none);
  row(`${count} permissions, one required`, one, `the check alone: ${inUnits(one - none)}`);
}

/** The credential of a token that holds the first permissions of the catalog. */
async function tokenOf(count) {
  const add = [];
  let left = count;
  for (const [service, { permissions }] of Object.entries(catalog.services)) {
    const actions = Object.keys(permissions).slice(0, left);
    left -= actions.length;
    // A call may name 1,000 permissions; a service as a whole is one pattern.
    if (left > 0 && actions.length > 0) add.push(`${service}:*`);
    else add.push(...actions.map((action) => `${service}:${action}`));
  }
  const input = { kind: 'permission-set', name: `${count} permissions`, owner: 'org:bench', add };
  const { token, record } = await tokens.create(input, root);
  if (record.permissions.length !== count) throw new Error(`it has ${record.permissions.length} permissions`);
  return token;
}

/** Runs alternatives in turns, so that whatever slows the machine slows them all; the median time of one call of each, in ms. */
async function race(alternatives, { rounds, calls }) {
  const times = alternatives.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of alternatives.entries()) {
      const start = performance.now();
      for (let call = 0; call < calls; call += 1) await run();
      times[index].push((performance.now() - start) / calls);
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
}

function row(what, time, note = '') {
  console.log(`  ${what.padEnd(36)}${inUnits(time).padStart(10)}  ${note}`.trimEnd());
}

function inUnits(milliseconds) {
  return Math.abs(milliseconds) < 1
    ? `${(milliseconds * 1_000).toFixed(1)} µs`
    : `${milliseconds.toFixed(2)} ms`;
}

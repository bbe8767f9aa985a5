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
const store = memoryStore();
const deploy = () => createTokens({ catalog, store, prefix: 'bench' });
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
    { rounds: 101, calls: 200 },
  );
  row('iam-expand', library);
  row('expand', expand, `${(library / expand).toFixed(1)} times as fast as iam-expand`);
  row('resolve, without the tree', resolve, `${(library / resolve).toFixed(1)} times as fast`);
}

console.log('\nVerify, with the record read from memory and parsed each time');
const everything = Object.keys(catalog.services).flatMap((service) => tokens.expand(`${service}:*`));
const few = everything.slice(0, 7);
const many = Object.keys(catalog.services)
  .slice(0, 155)
  .map((service) => `${service}:*`);
for (const [permissions, calls] of [
  [few, 200],
  [many, 10],
]) {
  const { token, record } = await tokenOf(permissions);
  const [none, one] = await race([() => tokens.verify(token), () => tokens.verify(token, few[3])], {
    rounds: 31,
    calls,
  });
  row(`${record.permissions.length} permissions, no requirement`, none);
  row(
    `${record.permissions.length} permissions, one required`,
    one,
    `the check alone: ${inUnits(one - none)}`,
  );
}

/** A token of a template: a call of its own may have a hundred patterns. */
async function tokenOf(permissions) {
  const templates = { held: { title: 'Held', permissions } };
  const made = await createTokens({ catalog: { ...catalog, templates }, store, prefix: 'bench' });
  const input = { kind: 'permission-set', name: 'Bench', owner: 'org:bench', templates: ['held'] };
  return made.create(input, root);
}

/** Runs alternatives in turns, so that whatever slows the machine slows them all; the median time of one call of each, in ms. */
async function race(alternatives, { rounds, calls }) {
  const times = alternatives.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of alternatives.entries()) {
      const start = performance.now();
      for (let call = 0; call < calls; call += 1) {
        const answer = run();
        // Who calls a function that answers at once does not wait a turn for it.
        if (answer instanceof Promise) await answer;
      }
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

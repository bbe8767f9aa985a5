/** A token with 20,000 permissions of a catalog of 22,091, beside one with 20 of them. */

import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { actionsOf, iamCatalog } from '../../tests/js/support/iam-catalog.mjs';
import { actor } from '../contestants/leastkey.mjs';
import { processorTime } from '../processor-time.mjs';
import { quartiles } from '../race/race.mjs';

const MANY = 20_000;
const FEW = 20;

/** The most that a verification of many may take, beside one of few. */
const LARGER = 3;

const ROUNDS = 51;

/** How often each is called in a round. */
const CALLS = { 'verify, freshness 0': 50, 'verifySync, cached': 2_000 };

async function measure() {
  const catalog = await iamCatalog();
  const all = actionsOf(catalog)
    .flatMap(([service, actions]) => actions.map((action) => `${service}:${action}`))
    .toSorted();
  // Those that are left out lie evenly between the others, as is worst for what is stored.
  const left = all.filter(
    (_, at) =>
      Math.floor((at * (all.length - MANY)) / all.length) !==
      Math.floor(((at + 1) * (all.length - MANY)) / all.length),
  );
  const templates = { all: { title: 'All', permissions: ['**'] } };
  const store = memoryStore();
  const deploy = (freshness) =>
    createTokens({ catalog: { ...catalog, templates }, store, prefix: 'bench', freshness });
  const uncached = await deploy(0);
  const cached = await deploy('1h');
  const create = async (name, selection) => {
    const input = { kind: 'permission-set', name, owner: 'org:bench', ...selection };
    return (await uncached.create(input, actor)).token;
  };
  const few = await create('few', { add: all.slice(0, FEW) });
  const many = await create('many', { templates: ['all'], remove: left });
  const asked = (token, required) => ({
    // A use of nothing: then the values are read, not compared with those of the last time.
    'verify, freshness 0': () => uncached.verify(token, required, { consume: 0 }),
    'verifySync, cached': () => cached.verifySync(token, required),
  });
  const required = all.find((id) => !left.includes(id));
  const ofFew = asked(few, all[FEW - 1]);
  const ofMany = asked(many, required);
  for (const [token, permission] of [
    [few, all[FEW - 1]],
    [many, required],
  ]) {
    if (!(await cached.verify(token, permission)).valid) throw new Error('The verdict is wrong.');
  }
  const rows = [];
  for (const [name, calls] of Object.entries(CALLS)) {
    const turns = [];
    for (let round = 0; round < ROUNDS; round += 1)
      turns.push([await processorTime(ofFew[name], calls), await processorTime(ofMany[name], calls)]);
    const [one, other] = [0, 1].map((at) => quartiles(turns.map((turn) => turn[at])).median);
    rows.push({
      who: `${name}, beside one of ${FEW} permissions`,
      ours: true,
      unit: '×',
      target: LARGER,
      ...quartiles(turns.map(([before, after]) => after / before)),
      note: `${other.toFixed(2)} µs, of ${FEW} permissions ${one.toFixed(2)} µs`,
    });
  }
  return rows;
}

export const parts = [
  {
    key: 'large-grants',
    title: 'A token with 20,000 permissions of 22,091, beside one with 20',
    estimate: 10_000,
    measure,
  },
];

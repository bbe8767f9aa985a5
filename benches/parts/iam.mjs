/** A third-party catalog of 22,091 permissions, compared with the library for such catalogs. */

import { expandIamActions } from '@cloud-copilot/iam-expand';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { iamCatalog } from '../../tests/js/support/iam-catalog.mjs';
import { actor } from '../contestants/leastkey.mjs';
import { processorTime } from '../processor-time.mjs';
import { quartiles } from '../race/race.mjs';

const PATTERNS = ['s3:Get*', 'ec2:Describe*', 's3:*Tag*'];

async function measure() {
  const catalog = await iamCatalog();
  const store = memoryStore();
  const deploy = () => createTokens({ catalog, store, prefix: 'bench' });
  const tokens = await deploy();
  const [compile] = await inTurns([deploy], { rounds: 11, calls: 1 });
  const rows = [{ who: 'createTokens', ours: true, unit: 'µs', target: 60_000, ...compile }];
  for (const pattern of PATTERNS) {
    const selection = { add: [pattern] };
    const [expand, resolve, library] = await inTurns(
      [
        () => tokens.expand(pattern),
        () => tokens.resolve(selection, { tree: false }),
        () => expandIamActions(pattern),
      ],
      { rounds: 31, calls: 100 },
    );
    const count = `${pattern} (${tokens.expand(pattern).length})`;
    rows.push({ who: `expand ${count}`, ours: true, unit: 'µs', ...expand });
    rows.push({ who: `resolve ${count}`, ours: true, unit: 'µs', ...resolve });
    rows.push({ who: `iam-expand, ${count}`, unit: 'µs', ...library });
  }
  return [...rows, ...(await verifications(catalog, tokens, store))];
}

/** Tokens with a few permissions and with very many, verified from the store each time. */
async function verifications(catalog, tokens, store) {
  const services = Object.keys(catalog.services).map((service) => `${service}:*`);
  const few = tokens.expand(services[0]).slice(0, 7);
  const rows = [];
  for (const permissions of [few, services.slice(0, 155)]) {
    // A template, because a call can have only a hundred patterns.
    const templates = { held: { title: 'Held', permissions } };
    const made = await createTokens({ catalog: { ...catalog, templates }, store, prefix: 'bench' });
    const input = { kind: 'permission-set', name: 'Bench', owner: 'org:bench', templates: ['held'] };
    const { token, record } = await made.create(input, actor);
    // A use of nothing: then the values are read, not compared with those of the last time.
    const asked = [undefined, few[3]].map((required) => () => made.verify(token, required, { consume: 0 }));
    const [none, one] = await inTurns(asked, { rounds: 31, calls: 10 });
    const who = `verify, ${record.permissions.length} permissions, freshness 0`;
    rows.push({ who: `${who}, none required`, ours: true, unit: 'µs', ...none });
    rows.push({ who: `${who}, one required`, ours: true, unit: 'µs', ...one });
  }
  return rows;
}

/** Runs alternatives in turns. Returns the processor time of one call of each, in microseconds. */
async function inTurns(alternatives, { rounds, calls }) {
  const times = alternatives.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of alternatives.entries()) {
      times[index].push(await processorTime(run, calls));
    }
  }
  return times.map(quartiles);
}

export const parts = [
  { key: 'iam', title: 'A catalog of 22,091 permissions, beside iam-expand', estimate: 15_000, measure },
];

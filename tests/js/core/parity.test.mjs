/**
 * The verify module and the manage module give identical verdicts, `leastkey` and `leastkey/edge`
 * too, for every stored state and every question.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, outcome, PREFIX, World } from '../support/parity-world.mjs';
import { Random, seed } from '../support/random.mjs';

/** How many worlds are made, each for 120 questions: `npm run parity` makes more. */
const WORLDS = Number(process.env.LEASTKEY_PARITY_WORLDS ?? 25);

/** A comparison of refusals only would prove nothing. */
const MUST_COME = [
  'valid',
  'unknown',
  'insufficient_permission',
  'outside_resource',
  'condition_failed',
  'invalid_input',
];

/** The verdict in an explanation. */
async function explained(explanation) {
  const { add, templates, wrong, wire, hint, ...verdict } = await explanation;
  return verdict;
}

test('the verify module and the manage module give the same verdicts, both packages too', async () => {
  const random = new Random(seed);
  const seen = new Map();
  // With some seeds a rare code comes late.
  const isLacking = () => MUST_COME.some((code) => !seen.has(code));
  let long = 0;
  for (let world = 0; world < WORLDS || (world < 100 && isLacking()); world++) {
    const made = new World(random);
    await made.start();
    long += Number((await made.store.list({ prefix: 'vocab/', limit: 1 })).length > 0);
    for (let question = 0; question < 120; question++) {
      if (random.once(5)) made.now += random.below(4_000);
      if (random.once(20)) await made.tries(() => made.change());
      const asked = [made.credential(), made.requirement(), made.options()];
      const whole = await outcome(() => made.whole.verify(...asked));
      const edge = await outcome(() => made.edge.verify(...asked));
      assert.deepEqual(edge, whole, `LEASTKEY_SEED=${seed} ${world}/${question} ${JSON.stringify(asked)}`);
      // An explanation counts nothing, and reads the store.
      const [credential, requirement, { consume, freshness, ...context }] = asked;
      const read = { ...context, freshness: 0 };
      const verify = await outcome(() => made.reading.verify(credential, requirement, read));
      const manage = await outcome(() => explained(made.reading.explain(credential, requirement, context)));
      assert.deepEqual(verify, manage, `LEASTKEY_SEED=${seed} ${world}/${question} ${JSON.stringify(asked)}`);
      const found = whole.code ?? whole.thrown;
      seen.set(found, (seen.get(found) ?? 0) + 1);
    }
  }
  assert.ok(long > 0, 'no list was long');
  for (const code of MUST_COME) assert.ok(seen.has(code), `${code} never came: ${[...seen.keys()]}`);
});

test('the edge module and the full module match the same routes', async () => {
  const settings = { catalog, store: memoryStore(), prefix: PREFIX };
  const whole = await createTokens(settings);
  const edge = await createVerifier(settings);
  const random = new Random(seed);
  const segments = [
    'messages',
    'Messages',
    'orgs',
    'acme',
    '7',
    'a.json',
    '%41',
    'a%20b',
    '..',
    '',
    'é',
    'a b',
  ];
  for (let turn = 0; turn < 3_000; turn++) {
    const method = random.pick(['GET', 'HEAD', 'POST', 'PUT', 'get']);
    const path = `/${Array.from({ length: random.below(5) }, () => random.pick(segments)).join('/')}`;
    assert.deepEqual(edge.match(method, path), whole.match(method, path), `${method} ${path}`);
  }
});

test('the edge module refuses a configuration that it cannot read', async () => {
  const settings = { catalog, store: memoryStore(), prefix: PREFIX };
  const services = (permissions) => ({
    ...settings,
    catalog: { services: { a: { title: 'A', permissions } } },
  });
  const wrong = [
    { ...settings, prefix: 'no prefix' },
    { ...settings, recordKey: ['ab'.repeat(32), 'AB'.repeat(32)] },
    { ...settings, imported: [{ prefix: 'x' }, 7] },
    { ...settings, catalog: {} },
    { ...settings, catalog: { services: [] } },
    services({ 'no id': 'B' }),
    services({ b: { title: 'B', routes: ['GET /x/:id'] } }),
    services({ b: { title: 'B', routes: [{ route: 'GET /{x}', resource: 'org:{y}' }] } }),
    services({ b: { title: 'B', routes: 'GET /x' } }),
    services({ b: { title: 'B', grantable: 'yes', permissions: {} } }),
    services({ b: 7 }),
  ];
  for (const options of wrong) {
    await assert.rejects(createTokens(options), { code: 'invalid_input' }, JSON.stringify(options));
    await assert.rejects(createVerifier(options), { code: 'invalid_input' }, JSON.stringify(options));
  }
});

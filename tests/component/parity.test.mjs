/**
 * Random decisions of the core, compiled natively, of the verify module of the package, and of the
 * component: from the store, and of the component from its cache too. There is no difference.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { catalog, longer, outcome, PREFIX, World } from '../js/support/parity-world.mjs';
import { Random, seed } from '../js/support/random.mjs';
import { stepsOf, VectorStore } from './support/answer-vectors.mjs';
import { instantiate } from './support/components.mjs';
import { questionOf, verdictOf, verifyStepOf } from './support/json.mjs';

/** How many decisions are compared: `npm run parity:component` compares 100,000. */
const DECISIONS = Number(process.env.LEASTKEY_PARITY_DECISIONS ?? 3_000);

const QUESTIONS = 120;
const FRESHNESS = 5_000n;

/** A comparison of refusals only would prove nothing. */
const MUST_COME = [
  'valid',
  'unknown',
  'insufficient_permission',
  'outside_resource',
  'condition_failed',
  'invalid_input',
];

const folder = 'build/component';

class DamagedWorld extends World {
  /** A damaged value is in no feed: what was cached before it stays. */
  isDamaged = false;
  /** Uses are counted in the store, so that the counters can be compared. */
  limits = 'exact';

  async damage() {
    this.isDamaged = true;
    await super.damage();
  }

  get settings() {
    return {
      config: {
        prefix: PREFIX,
        imported: [
          { prefix: 'old_', digestOf: 'whole' },
          { prefix: 'rest_', digestOf: 'rest' },
        ],
        ...(this.isSealed && { recordKeys: ['ab'.repeat(32)] }),
      },
      catalog: this.isLong ? longer : catalog,
    };
  }

  entries() {
    return this.store.list({ prefix: '', limit: 1_000 }).map(({ key, value }) => [key, value]);
  }
}

const withoutAsOf = ({ asOf, ...verdict }) => verdict;

/** A JSON text with sorted members. */
const sorted = (value) =>
  JSON.stringify(value, (_, member) =>
    member?.constructor === Object
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );

/** What has to be equal in all hosts: a refusal by its code, because paths are of the types. */
function decisionOf({ answer, commit, refuse }) {
  if (refuse !== undefined) return { thrown: refuse.code };
  return { verdict: withoutAsOf(commit?.answer ?? answer), writes: commit?.writes ?? [] };
}

function changesBetween(before, after) {
  const changed = [...after].filter(([key, value]) => before.get(key) !== value);
  const removed = [...before.keys()].filter((key) => !after.has(key)).map((key) => [key, null]);
  return [...changed, ...removed];
}

test('the core decides alike natively, in the module and in the component', async () => {
  mkdirSync(folder, { recursive: true });
  const lines = `${folder}/decisions-${process.pid}.jsonl`;
  const file = openSync(lines, 'w');
  const write = (line) => writeSync(file, `${JSON.stringify(line)}\n`);
  const random = new Random(seed);
  const { verification } = await instantiate('verifier');
  const { verification: cached } = await instantiate('verifier');
  const [expected, seen, hits] = [[], new Map(), new Map()];
  while (expected.length < DECISIONS) {
    const world = new DamagedWorld(random);
    await world.start();
    const { config, catalog: ofWorld } = world.settings;
    const texts = [JSON.stringify(config), JSON.stringify(ofWorld)];
    const startCache = () => cached.configure(...texts, 50);
    verification.configure(...texts, 50);
    startCache();
    write({ world: { config, catalog: ofWorld } });
    let stored = new Map();
    for (let question = 0; question < QUESTIONS; question++) {
      if (random.once(5)) world.now += random.below(4_000);
      if (random.once(20)) await world.tries(() => world.change());
      if (world.isDamaged) startCache();
      world.isDamaged = false;
      const [credential, requirement, { freshness, consume, ...context }] = [
        world.credential(),
        world.requirement(),
        world.options(),
      ];
      const given = JSON.parse(JSON.stringify({ requirement, context, consume }));
      // In UTF-8 half a surrogate pair is a replacement character.
      for (const [name, text] of Object.entries(given.context)) given.context[name] = text.toWellFormed();
      const asked = questionOf(given);
      // The wrapper refuses itself what is no text of a header, and what JSON cannot say.
      if (!/^[!-~]+$/.test(credential) || asked === undefined || Number.isNaN(consume)) continue;
      const entries = new Map(world.entries());
      const now = BigInt(world.now);
      const name = `LEASTKEY_SEED=${seed} ${expected.length} ${JSON.stringify([credential, given])}`;

      const step = ({ values }) => verification.verify(credential, asked, values, undefined, now);
      const decided = decisionOf(stepsOf(new VectorStore(entries), step, verifyStepOf).steps.at(-1));
      // Most random texts are no credential, and many questions are refused: a few are enough.
      const isDull = ['malformed', 'bad_checksum'].includes(decided.verdict?.code) || decided.thrown;
      if (isDull && !random.once(8)) continue;
      write({ store: changesBetween(stored, entries) });
      write({ ask: { credential, question: given, now: world.now } });
      stored = entries;

      compareCached(credential, asked, entries, now, decided, name);

      const module = await outcome(() =>
        world.whole.verify(credential, requirement, { ...context, consume, freshness: 0 }),
      );
      if (module.thrown !== undefined) assert.deepEqual(decided, { thrown: module.thrown }, name);
      else assert.deepEqual(decided.verdict, withoutAsOf(JSON.parse(JSON.stringify(module))), name);
      const after = new Map(world.entries());
      for (const { key, value } of decided.writes ?? [])
        if (value !== undefined) assert.equal(after.get(key), value, name);

      const code = decided.thrown ?? decided.verdict.code;
      seen.set(code, (seen.get(code) ?? 0) + 1);
      expected.push(sorted(decided));
    }
  }
  closeSync(file);

  /** The component with its cache, whose feed was read just now: as from the store. */
  function compareCached(credential, asked, entries, now, decided, name) {
    const read = (keys) => keys.map((key) => ({ key, value: entries.get(key) }));
    let feed = cached.applyFeed([], now);
    while (feed.tag === 'need') feed = cached.applyFeed(read(feed.val.keys), now);
    const hit = cached.lookupVerdict(credential, asked, now, FRESHNESS);
    if (hit !== undefined) {
      assert.deepEqual(withoutAsOf(verdictOf(hit)), decided.verdict, `from the cache: ${name}`);
      hits.set(hit.code, (hits.get(hit.code) ?? 0) + 1);
    }
    const generation = cached.generation();
    const step = ({ values }) => cached.verify(credential, asked, values, generation, now);
    const again = decisionOf(stepsOf(new VectorStore(entries), step, verifyStepOf).steps.at(-1));
    assert.deepEqual(again, decided, `with a cache: ${name}`);
  }

  const native = execFileSync(
    'cargo',
    ['run', '--quiet', '--locked', '--profile', 'test', '--example', 'decide'],
    {
      stdio: [openSync(lines, 'r'), 'pipe', 'inherit'],
      maxBuffer: 2 ** 31 - 1,
      encoding: 'utf8',
    },
  );
  rmSync(lines);
  const given = native.trimEnd().split('\n');
  assert.equal(given.length, expected.length);
  for (const [at, line] of given.entries())
    if (sorted(decisionOf(JSON.parse(line))) !== expected[at])
      assert.deepEqual(decisionOf(JSON.parse(line)), JSON.parse(expected[at]), `natively: ${seed} ${at}`);
  for (const code of MUST_COME) assert.ok(seen.has(code), `${code} never came: ${[...seen.keys()]}`);
  for (const code of ['valid', 'revoked', 'insufficient_permission'])
    assert.ok(hits.has(code), `no hit: ${code}`);
  console.log(`${expected.length} decisions: ${JSON.stringify(Object.fromEntries(seen))}`);
  console.log(`from the cache: ${JSON.stringify(Object.fromEntries(hits))}`);
});

/** The vectors of tests/vectors, over both modules: by the same calls as a program makes them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';

const read = (name) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));

const { deployments } = read('deployments');

/** The operations, by their names in a call. */
const OPERATIONS = {
  create: (tokens, { input, actor }) => tokens.create(input, actor),
  get: (tokens, { id, actor }) => tokens.get(id, actor),
  list: (tokens, { query, actor }) => tokens.list(query, actor),
  edit: (tokens, { id, change, actor }) => tokens.edit(id, change, actor),
  disable: (tokens, { id, actor }) => tokens.disable(id, actor),
  enable: (tokens, { id, actor }) => tokens.enable(id, actor),
  revoke: (tokens, { id, options, actor }) => tokens.revoke(id, options, actor),
  rotate: (tokens, { id, options, actor }) => tokens.rotate(id, options, actor),
  confirmRotation: (tokens, { id, actor }) => tokens.confirmRotation(id, actor),
  abortRotation: (tokens, { id, actor }) => tokens.abortRotation(id, actor),
  delete: (tokens, { id, actor }) => tokens.delete(id, actor),
  describe: (tokens, { query, actor }) => tokens.describe(query, actor),
  drift: (tokens, { query, actor }) => tokens.drift(query, actor),
  audit: (tokens, { query, actor }) => tokens.audit(query, actor),
  verifyAudit: (tokens, { query }) => tokens.verifyAudit(query.owner),
  revokeAll: (tokens, call) => onePage((...call) => tokens.revokeAll(...call), call),
  purge: (tokens, call) => onePage((...call) => tokens.purge(...call), call),
  putAccount: (tokens, { input, actor }) => tokens.accounts.put(input, actor),
  getAccount: (tokens, { id, actor }) => tokens.accounts.get(id, actor),
  disableAccount: (tokens, { id, actor }) => tokens.accounts.disable(id, actor),
  enableAccount: (tokens, { id, actor }) => tokens.accounts.enable(id, actor),
  deleteAccount: (tokens, { id, actor }) => tokens.accounts.delete(id, actor),
};

/** Runs one page of a call over many tokens. The wrapper goes over all of them. */
async function onePage(run, { query, options, actor }) {
  const control = new AbortController();
  const { signal } = control;
  const { complete, next, ...report } = await run(
    query,
    { ...options, onProgress: () => control.abort(), signal },
    actor,
  );
  assert.equal(complete, next === undefined);
  // The core leaves out what is empty, but not the ids.
  const found = Object.entries(report).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return { ids: [], ...Object.fromEntries(found), ...(next !== undefined && { next }) };
}

/** What the wrapper refuses itself, in words of its own. */
const WRAPPERS = ['no actor'];

const plain = (value) => JSON.parse(JSON.stringify(value));

/** A store with entries, which notes what is committed. */
function recordingStore(entries, time) {
  const store = memoryStore({ now: () => 0 });
  for (const [key, value] of entries) store.commit([{ key, value }]);
  const commits = [];
  return {
    commits,
    time,
    get: (keys) => store.get(keys),
    list: (range) => store.list(range),
    commit(writes) {
      commits.push(plain(writes));
      return store.commit(writes);
    },
  };
}

function settingsOf(deployment, store, world) {
  const { config, catalog } = deployments[deployment];
  const { recordKeys, ...rest } = config;
  return {
    ...rest,
    ...(recordKeys && { recordKey: recordKeys.length === 1 ? recordKeys[0] : recordKeys }),
    catalog,
    store,
    now: () => world.now,
    deadline: '60s',
  };
}

function tokensOf(deployment, store, world) {
  return createTokens({
    ...settingsOf(deployment, store, world),
    usage: false,
    entropy: (bytes) => bytes.set(Buffer.from(world.entropy, 'hex').subarray(0, bytes.length)),
  });
}

/** The last step: the answer, what is committed, or the refusal. */
function outcomeOf({ steps, exchange, call, credential }) {
  const last = steps.at(-1);
  const answer = last.commit?.answer ?? last.answer;
  if ((exchange ?? call) && credential) answer.token = credential;
  const commits = steps.flatMap((step) => step.prepare ?? step.commit ?? []).map(({ writes }) => writes);
  return { answer, refuse: last.refuse, commits };
}

async function attempt(call) {
  try {
    return { answer: plain(await call()) };
  } catch (error) {
    assert.equal(error.name, 'LeastkeyError', String(error.stack));
    const { code, message, path, problems } = error;
    return { refuse: plain({ code, message, path, problems }) };
  }
}

/** Compares what a call did with the case. */
async function check(expected, name, store, call) {
  const committed = store.commits.length;
  const { answer, refuse } = await attempt(call);
  if (WRAPPERS.includes(name)) assert.equal(refuse?.code, expected.refuse.code, name);
  else assert.deepEqual(refuse, expected.refuse, name);
  assert.deepEqual(answer, expected.answer, name);
  assert.deepEqual(store.commits.slice(committed), expected.commits, `${name}: what is committed`);
}

describe('the manage module', () => {
  for (const file of ['records', 'audit']) {
    const { cases, stores } = read(file);
    for (const one of cases)
      test(`${file}: ${one.deployment}: ${one.name}`, async () => {
        const changed = new Map([...stores[one.store], ...Object.entries(one.with)]);
        const entries = [...changed].filter(([, value]) => value !== null);
        const store = recordingStore(entries);
        const tokens = await tokensOf(one.deployment, store, one);
        await check(outcomeOf(one), one.name, store, () => OPERATIONS[one.call.op](tokens, one.call));
      });
  }

  const { cases } = read('plans');
  for (const { name, deployment, calls, after } of cases)
    test(`plans: ${deployment}: ${name}`, async (t) => {
      const world = { ...calls[0] };
      const store = recordingStore([]);
      const tokens = await tokensOf(deployment, store, world);
      for (const one of calls) {
        Object.assign(world, one);
        const op = one.call?.op;
        const call = one.exchange
          ? () => tokens.exchange(one.exchange.credential, one.exchange.input)
          : OPERATIONS[op] && (() => OPERATIONS[op](tokens, one.call));
        // An operation that there is not: the core refuses it, and the wrapper has no such call.
        if (call === undefined) continue;
        await t.test(one.name, () => check(outcomeOf(one), one.name, store, call));
      }
      assert.deepEqual(
        store.list({ prefix: '', limit: 1_000 }).map(({ key, value }) => [key, value]),
        after,
      );
    });

  test('selections', async () => {
    for (const { name, deployment, selection, preview, refuse } of read('selections').cases) {
      const tokens = await tokensOf(deployment, recordingStore([]), { now: 0 });
      const got = await attempt(() => tokens.resolve(selection, { tree: false }));
      assert.deepEqual(got.refuse, refuse, name);
      assert.deepEqual(got.answer, preview, name);
    }
  });
});

for (const [module, open] of [
  ['the verify module by leastkey', (settings) => createTokens({ ...settings, usage: false })],
  ['the verify module by leastkey/edge', createVerifier],
]) {
  describe(module, () => {
    for (const file of ['requirements', 'verdicts']) {
      const { cases, stores } = read(file);
      test(file, async () => {
        for (const one of cases) {
          const store = recordingStore(stores[one.store]);
          const verifier = await open(settingsOf(one.deployment, store, one));
          const { requirement, context, consume } = one.question;
          const expected = outcomeOf(one);
          const name = `${one.deployment}: ${one.name}`;
          const options = { ...context, ...(consume !== undefined && { consume }) };
          const { answer, refuse } = await attempt(() =>
            verifier.verify(one.credential, requirement, options),
          );
          if (expected.refuse) assert.equal(refuse?.code, expected.refuse.code, name);
          else assert.deepEqual(answer, expected.answer, name);
          // A verifier cannot write: it counts in its memory.
          assert.deepEqual(store.commits, open === createVerifier ? [] : expected.commits, name);
        }
      });
    }
  });
}

test('digests', async () => {
  for (const { name, deployment, text, id, digest, keys, code } of read('digests').cases) {
    const asked = [];
    const get = (keys) => {
      asked.push(...keys);
      return keys.map(() => null);
    };
    const store = { ...recordingStore([]), get };
    const tokens = await tokensOf(deployment, store, { now: 0 });
    const verdict = await tokens.verify(text, undefined, {});
    if (code !== undefined) {
      assert.deepEqual([verdict.code, asked], [text === '' ? 'missing' : code, []], name);
      continue;
    }
    const read = id === null ? keys : [`token/${id}`];
    for (const key of read) assert.ok(asked.includes(key), `${name}: ${key} of ${asked}`);
    if (digest !== null) assert.equal(digest.length, 64, name);
  }
});

test('numbers', async () => {
  const calls = read('plans').cases.filter(({ deployment }) => deployment === 'main');
  const created = calls
    .flatMap((one) => one.calls)
    .find(({ call, steps }) => call?.op === 'create' && steps.at(-1).commit !== undefined);
  const { input, actor } = created.call;
  for (const [bits, text] of read('numbers').numbers) {
    const n = Buffer.from(bits, 'hex').readDoubleBE();
    const store = recordingStore([]);
    const tokens = await tokensOf('main', store, created);
    await tokens.create({ ...input, metadata: { n } }, actor);
    const stored = store.commits.flat().map(({ value }) => value);
    const isWritten = stored.some((value) => value?.includes(`"metadata":{"n":${text}}`));
    assert.ok(isWritten, `${text}: ${stored}`);
  }
});

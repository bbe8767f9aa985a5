/**
 * A host of the components, over their JavaScript that `npx jco transpile` makes. The same few
 * lines in any language are a driver: docs/component.md.
 */

import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

/** Instantiates a transpiled component, `verifier` or `manager`. */
export async function load(folder, name) {
  const { instantiate } = await import(pathToFileURL(`${folder}/${name}.js`).href);
  return instantiate(async (file) => WebAssembly.compile(await readFile(`${folder}/${file}`)), {});
}

/** Verifies a credential: the store is read until the component has what it needs. */
export async function verify(verification, store, credential, question) {
  const generation = verification.generation();
  const reads = new Map();
  for (;;) {
    const values = [...reads].map(([key, value]) => ({ key, value }));
    const step = verification.verify(credential, question, values, generation, BigInt(Date.now()));
    if (step.tag === 'need') await read(store, step.val.keys, reads);
    else if (step.tag === 'answer') return step.val;
    else if (step.tag === 'refuse') throw refusal(step.val);
    else if (await store.commit(step.val.writes.map(writeOf))) return step.val.verdict;
    else reads.clear();
  }
}

/** Runs an operation: `{ op: 'create', input, actor }`. Returns its answer and the new credential. */
export async function run(management, store, call) {
  const entropy = randomFillSync(new Uint8Array(64));
  const started = BigInt(Date.now());
  const [values, lists] = [new Map(), []];
  for (;;) {
    const now = BigInt(Date.now());
    const reads = { values: [...values].map(([key, value]) => ({ key, value })), lists };
    const step = management.plan(JSON.stringify(call), reads, { started, now, highest: now }, entropy);
    switch (step.tag) {
      case 'need':
        await read(store, step.val.keys, values);
        if (step.val.list !== undefined)
          lists.push({ range: step.val.list, entries: await store.list(step.val.list) });
        break;
      case 'prepare':
        await store.commit(step.val.map(writeOf));
        for (const { key, value } of step.val) values.set(key, value.value);
        break;
      case 'commit':
        if (await store.commit(step.val.writes.map(writeOf))) return outcome(step.val.outcome);
        values.clear();
        lists.length = 0;
        break;
      case 'answer':
        return outcome(step.val);
      default:
        throw refusal(step.val);
    }
  }
}

/** Applies the change feed, and returns the keys to read for the next time. */
export async function applyFeed(verification, store, keys) {
  const readAt = BigInt(Date.now());
  const reads = new Map();
  for (let step = { tag: 'need', val: { keys } }; ; ) {
    if (step.tag === 'refuse') throw refusal(step.val);
    if (step.tag === 'answer') return step.val.feedKeys;
    await read(store, step.val.keys, reads);
    const values = [...reads].map(([key, value]) => ({ key, value }));
    step = verification.applyFeed(values, readAt);
  }
}

async function read(store, keys, into) {
  if (keys.length === 0) return;
  const values = await store.get(keys);
  keys.forEach((key, at) => {
    into.set(key, values[at] ?? undefined);
  });
}

/** A write as the stores of `leastkey` take it: `null` for no value. */
function writeOf({ key, expect, value, expiresAt }) {
  return {
    key,
    ...(expect && { expect: expect.value ?? null }),
    ...(value && { value: value.value ?? null }),
    ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
  };
}

const outcome = ({ answer, credential }) => ({ answer: JSON.parse(answer), credential });

const refusal = ({ message, ...said }) => Object.assign(new Error(message), said);

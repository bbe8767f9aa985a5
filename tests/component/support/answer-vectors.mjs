/** Answers the vectors by the transpiled components: in Node, and in a page of Chromium. */

import { planStepOf, questionOf, refusalOf, verifyStepOf } from './json.mjs';

/** The most steps of one call. */
const MAX_STEPS = 100;

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (byte) => Number.parseInt(byte, 16));

/** A store in memory that checks what it is asked to commit. */
export class VectorStore {
  constructor(entries) {
    this.values = new Map(entries);
  }

  commit(writes) {
    for (const { key, expect } of writes)
      if (expect !== undefined && (this.values.get(key) ?? null) !== expect)
        throw new Error(`${key}: conflict`);
    for (const { key, value } of writes) {
      if (value === null) this.values.delete(key);
      else if (value !== undefined) this.values.set(key, value);
    }
  }

  entries() {
    return [...this.values].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

/** Calls a step again and again, with everything that was read so far. Returns all steps. */
export function stepsOf(store, step, read) {
  const [values, lists] = [new Map(), []];
  const steps = [];
  while (steps.length < MAX_STEPS) {
    const reads = { values: [...values].map(([key, value]) => ({ key, value })), lists };
    const next = step(reads);
    const said = read(next);
    steps.push(said);
    if (said.need !== undefined) {
      for (const key of said.need.keys) values.set(key, store.values.get(key));
      if (said.need.list !== undefined)
        lists.push({ range: next.val.list, entries: listed(store, said.need.list) });
    } else if (said.prepare !== undefined) {
      store.commit(said.prepare.writes);
      for (const { key } of said.prepare.writes) values.set(key, store.values.get(key));
    } else {
      if (said.commit !== undefined) store.commit(said.commit.writes);
      return { steps, last: next };
    }
  }
  throw new Error('a call that never ends');
}

function listed(store, { prefix, after, limit }) {
  const within = store
    .entries()
    .filter(([key]) => key.startsWith(prefix) && (after === undefined || key > after));
  return within.slice(0, limit).map(([key, value]) => ({ key, value }));
}

/** The steps of a verification; `undefined` for a question that the types exclude. */
export function verified(verification, store, { credential, question, now }) {
  const asked = questionOf(question);
  if (asked === undefined) return undefined;
  const step = ({ values }) => verification.verify(credential, asked, values, undefined, BigInt(now));
  return stepsOf(store, step, verifyStepOf).steps;
}

/** The steps of an operation, and its new credential. */
export function planned(management, store, { call, exchange, now, entropy }) {
  const instant = BigInt(now);
  const time = { started: instant, now: instant, highest: instant };
  const bytes = bytesOf(entropy);
  const step = exchange
    ? (reads) => management.exchange(exchange.credential, JSON.stringify(exchange.input), reads, time, bytes)
    : (reads) => management.plan(JSON.stringify(call), reads, time, bytes);
  const { steps, last } = stepsOf(store, step, planStepOf);
  return { steps, credential: (last.val.outcome ?? last.val).credential ?? null };
}

/** The answer of `resolve`. */
export function resolved(management, selection) {
  try {
    return { preview: JSON.parse(management.resolve(JSON.stringify(selection))) };
  } catch (refusal) {
    // What a `result` refuses is thrown as it is.
    if (refusal instanceof Error) throw refusal;
    return { refuse: refusalOf(refusal) };
  }
}

/** Configures a component for a deployment of the vectors. */
export function configure(component, { config, catalog }) {
  const texts = [JSON.stringify(config), JSON.stringify(catalog)];
  if (component.verification) component.verification.configure(...texts, 100);
  else component.management.configure(...texts);
}

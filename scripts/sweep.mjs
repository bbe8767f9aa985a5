/** `npm run sweep`: the cost of revoking all tokens of an owner, as a call and as a job. */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Failure, report } from './shell/failure.mjs';

const help = `Usage: npm run sweep [-- --tokens <n>]

Makes so many tokens of one owner in a store in memory, ends them with revokeAll and, made anew, by a job, and says what was asked of the store
for each token and how the heap grew meanwhile. It fails where a target is missed. Build first (npm run build).

  --tokens <n>  how many. Default 100000
  --help        this text`;

/** For each token, at most. */
const TARGETS = { keys: 3, entries: 1.2, commits: 0.11 };

/** The maximum growth of the heap for each token, in bytes: mostly audit entries in the store. */
const GROWTH = 4_000;

const catalog = {
  services: { messages: { title: 'Messages', permissions: { send: 'Send' } } },
  templates: { sender: { title: 'Sender', permissions: ['messages:send'] } },
};
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
const owner = { owner: 'org:acme' };

/** Bytes in use after a garbage collection. */
function heapUsed() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** A store that counts its calls. */
function counting(inner) {
  const counts = { keys: 0, entries: 0, commits: 0 };
  const store = {
    get(keys) {
      counts.keys += keys.length;
      return inner.get(keys);
    },
    list(range) {
      const entries = inner.list(range);
      counts.entries += entries.length;
      return entries;
    },
    commit(writes) {
      counts.commits += 1;
      return inner.commit(writes);
    },
  };
  return { store, counts };
}

const sweeps = {
  revokeAll: async (tokens) => (await tokens.revokeAll(owner, {}, admin)).ids.length,
  job: async (tokens) => {
    const { id } = await tokens.jobs.start(owner, {}, admin);
    return (await tokens.jobs.advance(id, admin)).revoked;
  },
};

async function sweep(name, count) {
  const { createTokens } = await import('leastkey');
  const { memoryStore } = await import('leastkey/stores/memory');
  const inner = memoryStore();
  const maker = await createTokens({ catalog, store: inner, prefix: 'acme_test' });
  for (let at = 0; at < count; at++) {
    await maker.create(
      { kind: 'permission-set', name: `Token ${at}`, ...owner, templates: ['sender'] },
      admin,
    );
  }
  const { store, counts } = counting(inner);
  const tokens = await createTokens({ catalog, store, prefix: 'acme_test' });
  const heap = heapUsed();
  const began = performance.now();
  const ended = await sweeps[name](tokens);
  const seconds = (performance.now() - began) / 1_000;
  const grown = (heapUsed() - heap) / count;
  if (ended !== count) throw new Failure(`${name} ended ${ended} of ${count} tokens`);
  const each = Object.entries(counts).map(([what, number]) => [what, number / count]);
  const averages = each.map(([what, number]) => `${number.toFixed(3)} ${what}`).join(', ');
  console.log(
    `${name}: ${count} tokens in ${seconds.toFixed(1)} s; for each ${averages}, ${Math.round(grown)} bytes of heap with what is stored`,
  );
  const missed = each.filter(([what, number]) => number > TARGETS[what]).map(([what]) => what);
  if (grown > GROWTH) missed.push('heap');
  if (missed.length > 0) throw new Failure(`${name} misses its target: ${missed.join(', ')}`);
}

try {
  const { values } = parseArgs({ options: { tokens: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) console.log(help);
  else {
    const count = Number(values.tokens ?? 100_000);
    if (!Number.isSafeInteger(count) || count < 1)
      throw new Failure(`--tokens takes a whole number, not "${values.tokens}".\n\n${help}`);
    for (const name of Object.keys(sweeps)) await sweep(name, count);
  }
} catch (error) {
  report(error);
}

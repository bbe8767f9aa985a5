/**
 * A million tokens in PostgreSQL and in SQLite beside a thousand: verifications without a cache,
 * pages of lists and searches, and `revokeAll`.
 */

import { createTokens } from 'leastkey';
import { openStore } from 'leastkey/stores/open';
import { actor, catalog, prefix } from '../contestants/leastkey.mjs';
import { evenly } from '../evenly.mjs';
import { quartiles } from '../race/race.mjs';
import { required } from '../scenario.mjs';
import { copiedTokens } from '../stores/copied-tokens.mjs';
import { filler } from '../stores/fill.mjs';
import { databaseOf } from '../stores/servers.mjs';
import { inDigits } from '../tables/format.mjs';

const MANY = 1_000_000;
const FEW = 1_000;

/** The most that anything may take among a million, beside a thousand. */
const LARGER = 1.3;

/** Turns that both take, the first of them a warm-up, and the verifications of one. */
const TURNS = 30;
const WARM_UP = 6;
const CALLS = 150;

/** The tokens of a page, and the calls of a page in a turn. */
const PAGE = 50;
const PAGES = 12;

/** In both, for `revokeAll`: an owner for each turn, with so many tokens. */
const ENDED = { owners: 10, each: 100 };

async function measure(say) {
  const rows = [];
  for (const name of ['PostgreSQL', 'SQLite']) rows.push(...(await measureOn(name, say)));
  return rows;
}

/** @param sizes smaller ones for a trial; `effort`: the calls of a turn, as a factor */
export async function measureOn(name, say, { many = MANY, few = FEW, turns = TURNS, effort = 1 } = {}) {
  const stops = [];
  try {
    const deployments = [];
    for (const [table, count] of Object.entries({ few, many })) {
      // Two tables of one server, or two files.
      const { url, stop } = deployments[0]?.shared ?? (await databaseOf(name).start());
      stops.push(stop);
      const filled = await filledWith(url, table, count, (made) =>
        say(`${name}: ${made.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} tokens`),
      );
      deployments.push({ ...filled, shared: url.startsWith('sqlite:') ? undefined : { url, stop() {} } });
    }
    const rows = [];
    for (const [who, work] of Object.entries(measurements)) {
      say(`${name}: ${who}`);
      rows.push(await compared(`${name}: ${who}`, deployments, work, turns, effort));
    }
    for (const { store } of deployments) await store.close();
    return rows;
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** A store with so many tokens, most of them of a few owners. */
async function filledWith(url, table, count, say) {
  const name = url.startsWith('sqlite:') ? undefined : table;
  const store = await openStore(name === undefined ? url : `${url}#${name}`, { migrate: true });
  const filling = await filler(url, store, name);
  const large = Math.min(count, 100_000);
  const owners = Array.from({ length: count / large }, (_, at) => ({ owner: `org:${at}`, count: large }));
  const ended = Array.from({ length: ENDED.owners + 1 }, (_, at) => ({
    owner: `org:ended-${at}`,
    count: ENDED.each,
  }));
  const credentials = [];
  for await (const batch of copiedTokens([...owners, ...ended])) {
    await filling.put(batch.entries);
    credentials.push(...batch.credentials);
    say(credentials.length);
  }
  await filling.end();
  const kept = credentials.slice(0, count);
  return { store, credentials: kept, middle: idOf(kept[large / 2]), draw: evenly(1) };
}

/** Both take turns. */
async function compared(who, deployments, work, turns, effort) {
  const found = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const times = [];
    const order = turn % 2 === 0 ? [0, 1] : [1, 0];
    for (const at of order) times[at] = await work(deployments[at], effort, turn);
    if (times.includes(undefined)) break;
    if (turn >= Math.min(WARM_UP, turns / 2)) found.push(times);
  }
  const [few, many] = [0, 1].map((at) => quartiles(found.map((times) => times[at])).median);
  return {
    who,
    ours: true,
    unit: '×',
    target: LARGER,
    ...quartiles(found.map(([one, other]) => other / one)),
    note: `${inDigits(many)} ms, among 1,000 ${inDigits(few)} ms`,
  };
}

/** Each returns the median time of a call in milliseconds; `undefined`: there is nothing left. */
const measurements = {
  async 'verify, freshness 0, an id drawn evenly'({ store, credentials, draw }, effort) {
    // One that has seen no token: it makes both reads of each.
    const tokens = await deploymentOn(store);
    return medianOf(CALLS * effort, async () => {
      const { code } = await tokens.verify(credentials[draw(credentials.length)], required);
      if (code !== 'valid') throw new Error(`A verdict is ${code}.`);
    });
  },
  'list, the first page of 50': (deployment, effort) => page(deployment, {}, PAGE, PAGES * effort),
  'list, a page from the middle': (deployment, effort) =>
    page(deployment, { after: deployment.middle }, PAGE, PAGES * effort),
  'list, a search without a match': (deployment, effort) =>
    page(deployment, { search: 'no such name' }, 0, 4 * effort),
  async 'revokeAll, of 100 tokens'({ store }, _effort, turn) {
    if (turn >= ENDED.owners) return undefined;
    const tokens = await deploymentOn(store);
    return medianOf(1, async () => {
      const { ids } = await tokens.revokeAll({ owner: `org:ended-${turn}` }, {}, actor);
      if (ids.length !== ENDED.each) throw new Error(`${ids.length} tokens were revoked.`);
    });
  },
};

/** Without room for tokens: a thousand could be known, a million could not. */
const deploymentOn = (store) =>
  createTokens({ catalog, store, prefix, freshness: 0, capacity: 1, usage: false, deadline: '60s' });

async function page({ store }, query, length, pages) {
  const tokens = await deploymentOn(store);
  return medianOf(pages, async () => {
    const { items } = await tokens.list({ owner: 'org:0', limit: PAGE, ...query }, actor);
    if (items.length !== length) throw new Error(`A page has ${items.length} tokens.`);
  });
}

/** Each call is timed by itself: what a pause makes longer is not in the median. */
async function medianOf(count, call) {
  const times = [];
  for (let at = 0; at < count; at += 1) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return quartiles(times).median;
}

/** A credential is the prefix, `_`, a version, the id and the secret. */
const idOf = (credential) => credential.slice(prefix.length + 2, prefix.length + 18);

export const parts = [
  {
    key: 'stored-million',
    title: 'A million stored tokens beside a thousand: × as long',
    estimate: 900_000,
    measure,
  },
];

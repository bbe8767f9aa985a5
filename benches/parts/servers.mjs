/**
 * Servers end to end, on loopback: without a guard, with one by hand, and with that of Leastkey.
 * They take turns, so that a slow machine slows all of them.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { quartiles } from '../race/race.mjs';
import { ROUTE } from '../servers/guards.mjs';

const runner = fileURLToPath(new URL('../servers/run.mjs', import.meta.url));

const frameworks = [
  { framework: 'express', name: 'Express 5' },
  { framework: 'hono', name: 'Hono' },
];

/** The first is the baseline of its framework. */
const guards = [
  { guard: 'none', says: 'without a guard' },
  { guard: 'byHand', says: 'guarded by hand, crypto.hash' },
  { guard: 'leastkey', says: 'guarded by leastkey', ours: true },
];

/** How often each has its turn, and the requests of a turn. */
const ROUNDS = 20;
const REQUESTS = 6_000;

/** Open connections, each with requests of its own: all credentials have their turn. */
const CONNECTIONS = 20;

const BODY = '{"messages":[]}';

/** A server in a process of its own, seen to admit and to refuse. */
async function started(framework, { guard, ...more }) {
  const child = fork(runner, [framework, guard], { execArgv: [] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The server of ${framework} with the guard ${guard} ended with ${code}.`);
  });
  // Reported where an answer is awaited.
  ended.catch(() => {});
  const said = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  const { port, credentials } = await said();
  const server = { url: `http://127.0.0.1:${port}${ROUTE}`, credentials, child, guard, ...more };
  await seeRight(server);
  const cpu = async () => {
    child.send('cpu');
    return (await said()).cpu;
  };
  return { ...server, cpu, turns: [] };
}

async function seeRight({ url, credentials, guard }) {
  const get = (headers) => fetch(url, { headers });
  const wrong = `Bearer ${credentials[0].slice(0, -1)}${credentials[0].endsWith('0') ? '1' : '0'}`;
  const refused = guard === 'none' ? 200 : 401;
  const statuses = [
    (await get({ authorization: `Bearer ${credentials[0]}` })).status,
    (await get({})).status,
    (await get({ authorization: wrong })).status,
  ];
  if (`${statuses}` !== `${[200, refused, refused]}`)
    throw new Error(`The guard ${guard} answers ${statuses}.`);
}

/** Requests per second by the clock, and processor time of the server per request. */
async function turn({ url, credentials, cpu }) {
  const before = await cpu();
  const { elapsed, count } = await load(url, credentials);
  return { perSecond: (count / elapsed) * 1_000, cpu: ((await cpu()) - before) / count };
}

/** Each request is admitted, or this fails. The time is from the first to the last response. */
async function load(url, credentials) {
  const requests = credentials.map((credential) => ({ headers: { authorization: `Bearer ${credential}` } }));
  let client = 0;
  const cannon = autocannon({
    url,
    connections: CONNECTIONS,
    amount: REQUESTS,
    sampleInt: 10,
    expectBody: BODY,
    setupClient(connection) {
      const first = client;
      client += 1;
      connection.setRequests(requests.filter((_, at) => at % CONNECTIONS === first));
    },
  });
  const times = [];
  cannon.on('response', () => times.push(performance.now()));
  const { '2xx': admitted, errors, mismatches } = await cannon;
  if (admitted !== REQUESTS || errors > 0 || mismatches > 0)
    throw new Error(`Of ${REQUESTS} requests ${admitted} were admitted, ${errors} failed.`);
  return { elapsed: times.at(-1) - times[0], count: times.length };
}

async function measure(say) {
  const rows = [];
  for (const { framework, name } of frameworks) {
    const servers = [];
    try {
      for (const guard of guards) servers.push(await started(framework, guard));
      // A warm-up.
      for (const server of servers) await turn(server);
      for (let round = 0; round < ROUNDS; round += 1) {
        say(`${name}, round ${round + 1} of ${ROUNDS}`);
        const order = round % 2 === 0 ? servers : servers.toReversed();
        for (const server of order) server.turns.push(await turn(server));
      }
    } finally {
      for (const { child } of servers) child.disconnect();
    }
    rows.push(...servers.map((server) => rowOf(name, server, servers[0])));
  }
  return rows;
}

/** Each turn is compared with that of the baseline in the same round. */
function rowOf(name, { says, ours = false, turns }, baseline) {
  const ratios = (of) => quartiles(turns.map((turn, at) => of(turn) / of(baseline.turns[at])));
  const { median } = quartiles(turns.map(({ perSecond }) => perSecond));
  const share = ratios(({ perSecond }) => perSecond).median;
  return {
    who: `${name}, ${says}`,
    ours,
    unit: '×',
    ...(turns === baseline.turns ? { median: 1 } : ratios(({ cpu }) => cpu)),
    nanoseconds: Math.round(quartiles(turns.map(({ cpu }) => cpu)).median * 1_000),
    note: `${Math.round(median).toLocaleString('en-US')} a second by the clock, ${share.toFixed(2)} ×`,
  };
}

export const parts = [
  {
    key: 'servers',
    title: 'A server end to end, on loopback: × is beside the same server without a guard',
    estimate: 120_000,
    measure,
  },
];

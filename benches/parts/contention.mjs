/**
 * A hot owner: eight clients that change its tokens, in one process and spread over several.
 * Processes compete for the same keys by compare and swap.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openStore } from 'leastkey/stores/open';
import { quartiles } from '../race/race.mjs';
import { databases } from '../stores/servers.mjs';
import { inDigits } from '../tables/format.mjs';

const contender = fileURLToPath(new URL('../stores/contender.mjs', import.meta.url));

const CLIENTS = 8;
const PROCESSES = [1, 2, 4];

/** How often each number of processes has its turn, and the length of one in milliseconds. */
const ROUNDS = 3;
const TURN = 3_000;
const WARM_UP = 4_000;

/** One process may be so many times as fast as several. */
const SLOWER = 3;

async function measure(say) {
  const rows = [];
  for (const database of databases) {
    const { url, stop } = await database.start();
    // Processes share no memory.
    if (url === undefined) continue;
    try {
      await (await openStore(url, { migrate: true })).close();
      const turns = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        const turn = {};
        for (const processes of round % 2 === 0 ? PROCESSES : PROCESSES.toReversed()) {
          say(`${database.name}, round ${round} of ${ROUNDS}, ${processes} processes`);
          turn[processes] = await contest(url, processes);
        }
        turns.push(turn);
      }
      rows.push(...PROCESSES.slice(1).map((processes) => rowOf(database.name, turns, processes)));
    } finally {
      await stop();
    }
  }
  return rows;
}

/** The changes of a second, the commits for each, and p50 and p99 of all. */
export async function contest(url, processes, { clients = CLIENTS, turn = TURN, warmUp = WARM_UP } = {}) {
  const contenders = Array.from({ length: processes }, () => {
    const args = [contender, url, String(clients / processes), String(turn), String(warmUp)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  try {
    for (const { lines } of contenders) {
      if ((await lines.next()).value !== 'ready') throw new Error('A contender did not start.');
    }
    for (const { child } of contenders) child.stdin.write('go\n');
    const reports = await Promise.all(
      contenders.map(async ({ lines }) => JSON.parse((await lines.next()).value)),
    );
    const times = reports.flatMap((report) => report.times).sort((one, other) => one - other);
    const commits = reports.reduce((sum, report) => sum + report.commits, 0);
    return {
      perSecond: (times.length / turn) * 1_000,
      commits: commits / times.length,
      cpu: reports.reduce((sum, report) => sum + report.cpu, 0) / times.length,
      p50: times[Math.floor(times.length / 2)],
      p99: times[Math.floor(times.length * 0.99)],
    };
  } finally {
    for (const { child } of contenders) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill();
      await ended;
    }
  }
}

/** How many times as many changes one process makes as several, turn by turn. */
function rowOf(name, turns, processes) {
  const many = turns.map((turn) => turn[processes]);
  const median = (of, all = many) => inDigits(quartiles(all.map(of)).median);
  const single = turns.map((turn) => turn[1]);
  const one = median(({ perSecond }) => perSecond, single);
  return {
    who: `${name}, ${processes} processes`,
    ours: true,
    unit: '×',
    target: SLOWER,
    ...quartiles(turns.map((turn) => turn[1].perSecond / turn[processes].perSecond)),
    note: [
      `${median(({ perSecond }) => perSecond)} changes a second, one process ${one}`,
      `${median(({ commits }) => commits)} commits each`,
      `${median(({ cpu }) => cpu / 1_000)} ms of processor time each, one process ${median(({ cpu }) => cpu / 1_000, single)}`,
      `p50 ${median(({ p50 }) => p50)} ms, p99 ${median(({ p99 }) => p99)} ms`,
    ].join('; '),
  };
}

export const parts = [
  {
    key: 'contention',
    title: 'One hot owner: eight clients in one process, × as many changes as in several',
    estimate: 400_000,
    measure,
  },
];

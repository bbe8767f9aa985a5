/** What each operation costs on each store that ships: calls of the store, times, and rates. */

import { memoryStore } from 'leastkey/stores/memory';
import { openStore } from 'leastkey/stores/open';
import { quartiles } from '../race/race.mjs';
import { counting, deploymentOn, load, operationsOn } from '../stores/operations.mjs';
import { databases } from '../stores/servers.mjs';
import { inDigits } from '../tables/format.mjs';

const CLIENTS = [1, 8, 64];

/** How often each store has its turn, and how long an operation runs in one, in milliseconds. */
const ROUNDS = 3;
const TURN = 1_200;

/** The tokens that each client has before anything is measured. */
const PREPARED = 6;

async function measure(say) {
  const found = new Map();
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const database of databases) {
      await measureOn(database, {
        say: (text) => say(`round ${round} of ${ROUNDS}, ${database.name}: ${text}`),
        keep(operation, clients, sample) {
          const key = `${database.name}\n${operation}`;
          const row = found.get(key) ?? { samples: new Map(CLIENTS.map((count) => [count, []])) };
          found.set(key, row);
          if (sample.counts !== undefined) row.counts = sample.counts;
          else row.samples.get(clients).push(sample);
        },
      });
    }
  }
  return [...found].map(([key, row]) => rowOf(...key.split('\n'), row));
}

/** Every operation on a new database, from each number of clients. */
export async function measureOn(database, { say = () => {}, keep, turn = TURN, clients = CLIENTS }) {
  const { url, stop } = await database.start();
  try {
    const opened = url === undefined ? undefined : await openStore(url, { migrate: true });
    const { store, take } = counting(opened ?? memoryStore());
    const tokens = await deploymentOn(store);
    for (const count of clients) {
      const operations = operationsOn(tokens);
      say(`${count} clients`);
      await Promise.all(
        Array.from({ length: count }, async (_, client) => {
          for (let made = 0; made < PREPARED; made += 1) await operations.create(client)();
        }),
      );
      for (const [name, operation] of Object.entries(operations)) {
        if (count === clients[0]) {
          take();
          await operation(0)();
          keep(name, count, { counts: take() });
        }
        const { times, perSecond } = await load(operation, count, turn);
        keep(name, count, { times, perSecond });
      }
    }
    await opened?.close();
  } finally {
    await stop();
  }
}

function rowOf(database, operation, { counts, samples }) {
  const { gets, keys, lists, commits, writes } = counts;
  const reads = [`${gets} (${keys})`, ...(lists === 0 ? [] : [`${lists} list`])].join(' + ');
  return {
    cells: [
      database,
      operation,
      reads,
      commits === 0 ? '0' : `${commits} (${writes})`,
      ...CLIENTS.map((count) => speed(samples.get(count))),
    ],
  };
}

/** Operations a second: the median of the rounds; p50 and p99 of all calls. */
function speed(runs) {
  const times = runs.flatMap((run) => run.times).sort((one, other) => one - other);
  const at = (part) => inDigits(times[Math.floor((times.length - 1) * part)]);
  return `${inDigits(quartiles(runs.map(({ perSecond }) => perSecond)).median)} · ${at(0.5)} / ${at(0.99)}`;
}

export const parts = [
  {
    key: 'stores',
    title: 'Operations on each store: a second, then p50 / p99 in milliseconds',
    columns: [
      ...['store', 'operation', 'gets (keys)', 'commits (writes)'],
      ...CLIENTS.map((count) => (count === 1 ? '1 client' : `${count} clients`)),
    ],
    estimate: 600_000,
    measure,
  },
];

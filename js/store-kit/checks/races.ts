/** Many clients at once, on both connections. */

import type { Store, Write } from '../../api/store.js';
import { BrokenPromise } from '../broken-promise.js';
import type { Check, Context } from '../check.js';
import { pause } from '../check.js';
import type { Random } from '../random.js';
import { judge } from '../registers.js';

const KEYS = ['r/0', 'r/1', 'r/2', 'r/3'];

/** A client that fails this often in a row to increment a count will not succeed. */
const MAX_ATTEMPTS = 1_000;

/** Long enough for a write that a store applies later, in milliseconds. */
const SETTLE = 150;

export const RACE_CHECKS: Check[] = [
  {
    title: 'of many who create one key, or change one value, one wins',
    run: (context) => raceForOne(context, (index) => context.connection(index)),
  },
  {
    title: 'increments from many clients all count, each with all of its writes',
    run: raceOfCounts,
  },
  {
    title: 'two commits that each change what the other expects do not both succeed',
    run: raceOfLooks,
  },
  {
    title: 'random calls of many clients are linearizable, key by key',
    run: randomCalls,
  },
];

/** Rounds in which 16 clients race for one value; every second round the key is created. */
export async function raceForOne(context: Context, connection: (index: number) => Store): Promise<void> {
  const clients = Array.from({ length: 16 }, (_, index) =>
    context.client(`client ${index}`, connection(index)),
  );
  let stored: string | null = null;
  for (let round = 0; round < 10 * context.effort; round++) {
    if (round % 2 === 0 && stored !== null) {
      await context.commit(
        [{ key: 'race', expect: stored, value: null }],
        true,
        'compare-and-swap',
        'a deletion',
      );
      stored = null;
    }
    const from = stored;
    const racers = context.random.shuffle(
      clients.map((client, index) => ({ client, value: `${round}.${index}` })),
    );
    const answers = await Promise.all(
      racers.map(({ client, value }) => client.commit([{ key: 'race', expect: from, value }])),
    );
    const winners = racers.filter((_, index) => answers[index]).map(({ value }) => value);
    const calls = context
      .last(racers.length)
      .filter((call) => call.kind === 'commit' && call.answer === true);
    if (winners.length !== 1) {
      throw new BrokenPromise(
        'compare-and-swap',
        `${racers.length} commits expected the same value and changed it; ${winners.length} were answered true`,
        winners.length === 0 ? context.last(2) : calls.slice(0, 2),
      );
    }
    stored = winners[0] as string;
    const [read] = await context.other.get(['race']);
    if (read !== stored)
      throw new BrokenPromise('linearizable-reads', 'a read did not see the commit that won the race', [
        ...calls,
        ...context.last(1),
      ]);
  }
}

async function raceOfCounts(context: Context): Promise<void> {
  const each = 6 * context.effort;
  const clients = Array.from({ length: 8 }, (_, index) =>
    context.client(`client ${index}`, context.connection(index)),
  );
  let acknowledged = 0;
  await context.put({ count: '0' });
  await Promise.all(
    clients.map(async (client, index) => {
      for (let done = 0, attempts = 0; done < each; attempts++) {
        if (attempts === MAX_ATTEMPTS) return;
        const [count] = await client.get(['count']);
        const next = `${Number(count) + 1}`;
        const won = await client.commit([
          { key: `mark/${index}/${done}`, expect: null, value: next },
          { key: 'count', expect: count as string, value: next },
        ]);
        if (won) {
          acknowledged += 1;
          done += 1;
          attempts = 0;
        }
      }
    }),
  );
  const [count] = await context.store.get(['count']);
  const marks = await context.store.list({ prefix: 'mark/', limit: 1_000 });
  if (marks.length !== acknowledged)
    throw new BrokenPromise(
      'whole-commits',
      `${acknowledged} commits with two writes were answered true; ${marks.length} of their second writes are there`,
    );
  if (count === `${acknowledged}`) return;
  const value = marks.map((mark) => mark.value).find((mark, at, all) => all.indexOf(mark) !== at);
  const twice = context.history.calls.filter(
    (call) =>
      call.kind === 'commit' && call.answer === true && call.writes.some((write) => write.value === value),
  );
  throw new BrokenPromise(
    'compare-and-swap',
    `${acknowledged} increments were answered true; the count is ${count}`,
    twice.slice(0, 2),
  );
}

/** Write skew: both commits hold on the state before, and neither holds after the other. */
async function raceOfLooks(context: Context): Promise<void> {
  for (let round = 0; round < 20 * context.effort; round++) {
    const keys = [0, 1].map((side) => `skew/${round}/${side}`) as [string, string];
    const commits = keys.map((key, side): Write[] => [
      { key, expect: null },
      { key: keys[1 - side] as string, value: '1' },
    ]);
    const answers = await Promise.all(
      commits.map((writes, side) =>
        context.client(`client ${side}`, context.connection(side)).commit(writes),
      ),
    );
    const won = answers.filter(Boolean).length;
    if (won === 1) continue;
    throw new BrokenPromise(
      'compare-and-swap',
      `of two commits that each create the key whose absence the other expects, ${won} were answered true`,
      context.last(2),
    );
  }
}

async function randomCalls(context: Context): Promise<void> {
  const clients = Array.from({ length: 6 }, (_, index) =>
    context.client(`client ${index}`, context.connection(index)),
  );
  for (let round = 0; round < 8 * context.effort; round++) {
    // Between rounds nothing is open, so that a history can be cut there.
    await Promise.all(
      clients.map(async (client, index) => {
        for (let turn = 0; turn < 4; turn++)
          await randomCall(context.random, client, `${round}.${index}.${turn}`);
      }),
    );
  }
  await pause(SETTLE);
  for (const store of [context.store, context.other]) await store.get(KEYS);
  judge(context.history.calls, KEYS);
}

async function randomCall(random: Random, client: Store, value: string): Promise<void> {
  const [one, two] = random.shuffle(KEYS) as [string, string];
  const kind = random.below(10);
  if (kind === 0) await client.list({ prefix: 'r/', limit: 1 + random.below(6) });
  else if (kind === 1) await client.get(KEYS);
  else if (kind === 2) await client.commit([{ key: one, value }]);
  else {
    const [first = null, second = null] = await client.get([one, two]);
    if (kind === 3) await client.commit([{ key: one, expect: first, value: null }]);
    else if (kind === 4)
      await client.commit([
        { key: one, expect: first },
        { key: two, value },
      ]);
    else if (kind < 8) await client.commit([{ key: one, expect: first, value }]);
    else
      await client.commit([
        { key: one, expect: first, value },
        { key: two, expect: second, value },
      ]);
  }
}

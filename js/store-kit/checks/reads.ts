/** What reads see after a commit, and beside one. */

import type { Store } from '../../api/store.js';
import { BrokenPromise } from '../broken-promise.js';
import type { Check, Context } from '../check.js';
import { pause } from '../check.js';

/** When a replica has caught up, or a delayed write has happened, in milliseconds. */
const SETTLE = 250;

/** Groups of keys that one commit changes together; all of them fit one `get`. */
const GROUPS = 4;
const GROUP_SIZE = 32;

/** How many gets at least are made while one client changes the groups. */
const LEAST_READS = 12;

export const READ_CHECKS: Check[] = [
  {
    title: 'what one connection has committed, the other reads: with get, with list, deletions too',
    async run(context) {
      const connections = [context.store, context.other] as const;
      for (let turn = 0; turn < 30 * context.effort; turn++) {
        const [writer, reader] = turn % 2 === 0 ? connections : [connections[1], connections[0]];
        const value = turn % 5 === 4 ? null : `${turn}`;
        context.same(
          await writer.commit([{ key: 'turn', value }]),
          true,
          'calls',
          'a commit without an expectation',
        );
        await sees(context, reader, value);
        await sees(context, writer, value);
      }
    },
  },
  {
    title: 'a commit happens once: what was overwritten does not come back',
    async run(context) {
      const keys = Array.from({ length: 16 }, (_, index) => `once/${index}`);
      const all = (expect: string | null | undefined, value: string | null) =>
        keys.map((key) => ({ key, ...(expect !== undefined && { expect }), value }));
      await context.commit(all(undefined, 'first'), true, 'calls', 'commits without an expectation');
      await context.commit(all('first', 'second'), true, 'compare-and-swap', 'commits that expect the value');
      await context.get(
        keys,
        keys.map(() => 'second'),
        'linearizable-reads',
        'get after the commit',
      );
      await pause(SETTLE);
      await context.get(
        keys,
        keys.map(() => 'second'),
        'true-answers',
        `get ${SETTLE} ms after the commit`,
      );
      await context.commit(all('second', null), true, 'compare-and-swap', 'deletions');
      await pause(SETTLE);
      await context.get(
        keys,
        keys.map(() => null),
        'true-answers',
        `get ${SETTLE} ms after the deletion`,
      );
    },
  },
  {
    title: 'the values of one get of 128 keys are of one moment',
    run: moments,
  },
];

/** `reader` sees `value` at the key `turn`, which was just committed. */
async function sees(context: Context, reader: Store, value: string | null): Promise<void> {
  const commit = context.history.calls.findLast((call) => call.kind === 'commit');
  const reads = [
    async () => (await reader.get(['turn']))[0],
    async () => (await reader.get(['x', 'turn']))[1],
    async () => (await reader.list({ prefix: 'turn', limit: 1 }))[0]?.value ?? null,
  ];
  for (const read of reads) {
    if ((await read()) === value) continue;
    const history = [...(commit === undefined ? [] : [commit]), ...context.last(1)];
    await pause(SETTLE);
    throw (await read()) === value
      ? new BrokenPromise(
          'linearizable-reads',
          'a read that started after a commit was answered did not see it',
          history,
        )
      : new BrokenPromise('true-answers', 'a commit was answered true, and is not there', history);
  }
}

/**
 * One client changes group after group; at any moment each is at most one step behind the one
 * before it.
 */
async function moments(context: Context): Promise<void> {
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    Array.from({ length: GROUP_SIZE }, (_, index) => `g/${group}/${index}`),
  );
  const rounds = 12 * context.effort;
  const change = (group: readonly string[], round: number) =>
    context.commit(
      group.map((key) => ({ key, value: `${round}` })),
      true,
      'calls',
      'a commit of 32 writes',
    );
  for (const group of groups) await change(group, 0);
  let writing = true;
  let reads = 0;
  const write = async () => {
    for (let round = 1; writing && (round <= rounds || reads < LEAST_READS); round++) {
      for (const group of groups) await change(group, round);
      // A store that is quicker than a timer would be done before the first read.
      if (round > rounds) await pause(0);
    }
  };
  const read = async (index: number) => {
    const client = context.client(`reader ${index}`, context.connection(index));
    while (writing) {
      // A store that answers at once would leave the writer no turn.
      await pause(0);
      const keys = context.random.shuffle(groups.flat());
      const answer = await client.get(keys);
      const call = context.history.calls.findLast((each) => each.client === `reader ${index}`);
      const value = new Map(keys.map((key, at) => [key, Number(answer[at])]));
      const steps = groups.map((group) => new Set(group.map((key) => value.get(key) as number)));
      if (steps.some((values) => values.size > 1))
        throw new BrokenPromise('one-moment', 'a get shows a part of a commit', call ? [call] : []);
      const rounds = steps.map(([round]) => round as number);
      const [first = 0] = rounds;
      const descends = rounds.every((round, at) => round <= (rounds[at - 1] ?? round) && first - round <= 1);
      if (!descends)
        throw new BrokenPromise(
          'one-moment',
          `a get shows a later commit without an earlier one: ${rounds}`,
          call ? [call] : [],
        );
      reads += 1;
    }
  };
  const ending = (work: Promise<void>) =>
    work.finally(() => {
      writing = false;
    });
  const results = await Promise.allSettled([write(), read(0), read(1)].map(ending));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Machines that die and connections that break: what was answered is true, and nothing is torn. */

import type { Store } from '../../api/store.js';
import { BrokenPromise } from '../broken-promise.js';
import { type Check, type Context, outcome, pause } from '../check.js';
import type { Fault, FaultyLink, StoreUnderTest } from '../store-under-test.js';
import { raceForOne } from './races.js';

/** More answers than a commit takes of any server. */
const MAX_ANSWERS = 16;

/** How long a server gets to carry out what it has received, in milliseconds. */
const SETTLE = 60;

export const FAULT_CHECKS: Check[] = [
  {
    title: 'killed in the middle of commits: they are whole, and what was answered true is there',
    throwing: 'durable-commits',
    needs: 'kill',
    run: kills,
  },
  {
    title: 'a commit whose answer is lost is not answered false',
    throwing: 'true-answers',
    needs: 'link',
    run: (context) => breaks(context, (answer) => ({ kind: 'cut', answer })),
  },
  {
    title: 'a commit whose request is lost is answered by what happened',
    throwing: 'true-answers',
    needs: 'link',
    run: (context) => breaks(context, (request) => ({ kind: 'lose', request })),
  },
  {
    title: 'a request that arrives twice is applied once',
    throwing: 'true-answers',
    needs: 'link',
    run: duplicates,
  },
  {
    title: 'a connection that stalls does not stall the others',
    throwing: 'time',
    needs: 'link',
    run: stalls,
  },
  {
    title: 'of many who race over slow connections one wins',
    throwing: 'compare-and-swap',
    needs: 'link',
    async run(context) {
      const link = linkOf(context);
      link.arm({ kind: 'delay', milliseconds: 3 });
      try {
        await raceForOne(context, (index) => (index % 2 === 0 ? link.store : context.connection(1)));
      } finally {
        link.heal();
      }
    },
  },
];

function linkOf({ opened: { link } }: Context): FaultyLink {
  if (link === undefined) throw new Error('the store under test has no link');
  return link;
}

/** Writers with a group of keys each, all with one number; a kill; and what is left. */
async function kills(context: Context): Promise<void> {
  const kill = context.opened.kill as NonNullable<StoreUnderTest['kill']>;
  const groups = Array.from({ length: 4 }, (_, index) => ({
    keys: ['a', 'b', 'c'].map((part) => `group/${index}/${part}`),
    store: context.client(`client ${index}`, context.connection(index)),
    acknowledged: 0,
    tried: 0,
  }));
  for (const { keys } of groups) await context.put(Object.fromEntries(keys.map((key) => [key, '0'])));
  for (let round = 0; round < 4 * context.effort; round++) {
    let killed = false;
    const writers = groups.map(async (group) => {
      while (!killed) {
        const expect = `${group.acknowledged}`;
        group.tried = group.acknowledged + 1;
        const value = `${group.tried}`;
        const end = await outcome(() =>
          group.store.commit(group.keys.map((key) => ({ key, expect, value }))),
        );
        if ('failure' in end) return;
        if (!end.answer)
          throw new BrokenPromise(
            'true-answers',
            'a commit whose expectations hold was answered false',
            context.last(1),
          );
        group.acknowledged = group.tried;
        await pause(0);
      }
    });
    // A failure of a writer is looked at below; until then it must not count as unhandled.
    const written = Promise.allSettled(writers);
    await pause(5 + context.random.below(60));
    await kill.call(context.opened);
    killed = true;
    for (const result of await written) if (result.status === 'rejected') throw result.reason;
    await pause(SETTLE);
    for (const group of groups) {
      const values = await answering(context, () => context.store.get(group.keys));
      if (new Set(values).size !== 1)
        throw new BrokenPromise('whole-commits', 'a part of a commit is there after a kill', context.last(1));
      const [value] = values as [string];
      const calls = context.history.calls.filter(
        (call) => call.kind === 'commit' && call.writes[0]?.key === group.keys[0],
      );
      const history = [...calls.slice(-2), ...context.last(1)];
      if (Number(value) < group.acknowledged)
        throw new BrokenPromise(
          'durable-commits',
          `${group.acknowledged} was answered true; ${value} is there after a kill`,
          history,
        );
      if (Number(value) > group.tried)
        throw new BrokenPromise(
          'true-answers',
          `${value} is there after a kill, and was never sent`,
          history,
        );
      group.acknowledged = Number(value);
    }
  }
}

/** The answer of a call, tried until the time limit: clients need a moment to connect again. */
async function answering<T>(context: Context, call: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  for (;;) {
    const end = await outcome(call);
    if ('answer' in end) return end.answer;
    if (performance.now() - start > context.history.limit)
      throw new BrokenPromise(
        'time',
        `no call was answered within ${context.history.limit} ms after a fault`,
        context.last(1),
      );
    await pause(20);
  }
}

/** Breaks the connection at each of the answers or requests of a commit in turn. */
async function breaks(context: Context, faultAt: (place: number) => Fault): Promise<void> {
  const link = linkOf(context);
  const client = context.client('over the connection', link.store);
  for (let place = 1; place <= MAX_ANSWERS; place++) {
    await answering(context, () => client.get(['ready']));
    link.arm(faultAt(place));
    const struck = () => link.struck;
    await commitUnder(context, client, `at/${place}`, struck);
    link.heal();
    if (!link.struck) break;
  }
  await answering(context, () => client.get(['ready']));
}

/** A commit of two writes under a fault: its answer agrees with what is there afterwards. */
async function commitUnder(
  context: Context,
  client: Store,
  key: string,
  struck: () => boolean,
): Promise<void> {
  const keys = [key, `${key}/mark`] as const;
  await context.put({ [key]: 'before' });
  const end = await outcome(() =>
    client.commit([
      { key: keys[0], expect: 'before', value: 'after' },
      { key: keys[1], expect: null, value: 'after' },
    ]),
  );
  const call = context.last(1);
  await pause(SETTLE);
  judgeOutcome(context, await context.store.get([...keys]), end, [...call], struck());
}

function judgeOutcome(
  context: Context,
  [value, mark]: readonly (string | null)[],
  end: { answer: boolean } | { failure: unknown },
  history: Context['history']['calls'],
  struck: boolean,
): void {
  const calls = [...history, ...context.last(1)];
  const applied = value === 'after';
  if (applied !== (mark === 'after'))
    throw new BrokenPromise('whole-commits', 'a part of a commit was applied', calls);
  const where = struck ? 'over a connection that broke' : 'over a connection that did not break';
  if ('answer' in end) {
    if (end.answer !== applied || !end.answer) {
      throw new BrokenPromise(
        'true-answers',
        `a commit ${where} was answered ${end.answer}, and was ${applied ? '' : 'not '}applied; ` +
          'where the outcome is not known it must throw. Does the client send again by itself?',
        calls,
      );
    }
  } else if (applied && (end.failure as { code?: unknown } | null)?.code === 'store_unavailable') {
    throw new BrokenPromise(
      'true-answers',
      'a commit threw store_unavailable, which says that nothing was applied, and was applied',
      calls,
    );
  } else if (!struck) {
    throw new BrokenPromise('true-answers', `a commit ${where} threw`, calls);
  }
}

async function duplicates(context: Context): Promise<void> {
  const link = linkOf(context);
  const client = context.client('over the connection', link.store);
  await context.put({ count: '0' });
  for (let round = 1; round <= 4; round++) {
    await answering(context, () => client.get(['ready']));
    link.arm({ kind: 'duplicate' });
    const end = await outcome(() =>
      client.commit([{ key: 'count', expect: `${round - 1}`, value: `${round}` }]),
    );
    await pause(SETTLE);
    link.heal();
    context.same(
      'answer' in end ? end.answer : 'it threw',
      true,
      'true-answers',
      'a commit whose request arrived twice',
    );
    await context.get(['count'], [`${round}`], 'true-answers', 'get after a request that arrived twice');
  }
}

async function stalls(context: Context): Promise<void> {
  const link = linkOf(context);
  const client = context.client('over the connection', link.store);
  await answering(context, () => client.get(['ready']));
  await context.put({ stalled: 'before' });
  link.arm({ kind: 'stall' });
  const commit = outcome(() =>
    client.commit([
      { key: 'stalled', expect: 'before', value: 'after' },
      { key: 'stalled/mark', expect: null, value: 'after' },
    ]),
  );
  for (const [index, store] of [context.store, context.other].entries()) {
    context.same(
      await store.commit([{ key: `beside/${index}`, expect: null, value: '1' }]),
      true,
      'time',
      'a commit beside a stalled one',
    );
    context.same(await store.get([`beside/${index}`]), ['1'], 'time', 'a get beside a stalled commit');
  }
  link.heal();
  const call = context.history.calls.filter(({ client: name }) => name === 'over the connection').slice(-1);
  const end = await commit;
  await pause(SETTLE);
  judgeOutcome(context, await context.store.get(['stalled', 'stalled/mark']), end, call, true);
}

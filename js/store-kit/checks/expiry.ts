/** Keys with `expiresAt`: they may go from then on, not earlier, and not if written again. */

import { BrokenPromise } from '../broken-promise.js';
import type { Check, Context } from '../check.js';
import { pause } from '../check.js';

/** How long a key lives where the clock of the store cannot be set, in milliseconds. */
const SHORT_LIFE = 1_200;

export const EXPIRY_CHECKS: Check[] = [
  {
    title: 'no key goes early, and none that was written again without an expiry or with a later one',
    async run(context) {
      if (context.opened.setClock === undefined) await byTheMachine(context);
      else await bySetting(context, (now) => context.opened.setClock?.(now));
    },
  },
];

/** The keys that outlive `end`. */
const LASTING = { forever: '1', again: '2', later: '2', reborn: '2', distant: '1' };

async function write(context: Context, end: number): Promise<void> {
  const yes = (writes: Parameters<Context['commit']>[0]) =>
    context.commit(writes, true, 'no-early-expiry', 'a commit with an expiry');
  await yes([
    { key: 'forever', value: '1' },
    { key: 'distant', value: '1', expiresAt: Number.MAX_SAFE_INTEGER },
    { key: 'soon', value: '1', expiresAt: end },
    { key: 'again', value: '1', expiresAt: end },
    { key: 'later', value: '1', expiresAt: end },
    { key: 'reborn', value: '1', expiresAt: end },
  ]);
  await yes([
    { key: 'again', value: '2' },
    { key: 'later', value: '2', expiresAt: end * 2 },
    { key: 'reborn', value: null },
  ]);
  await yes([{ key: 'reborn', expect: null, value: '2' }]);
}

/** A commit of an unrelated key: stores delete expired keys along with commits. */
const touch = (context: Context) =>
  context.commit([{ key: 'touch', value: '1' }], true, 'no-early-expiry', 'a commit of another key');

async function bySetting(context: Context, setClock: (now: number) => void): Promise<void> {
  setClock(1_000);
  await write(context, 2_000);
  setClock(1_999);
  await touch(context);
  await context.get(
    ['soon', ...Object.keys(LASTING)],
    ['1', ...Object.values(LASTING)],
    'no-early-expiry',
    'get before the expiry',
  );
  await context.list({ prefix: 'soon', limit: 1 }, ['soon'], 'no-early-expiry', 'list before the expiry');
  setClock(2_000);
  await afterwards(context);
}

async function byTheMachine(context: Context): Promise<void> {
  const end = Date.now() + SHORT_LIFE;
  await write(context, end);
  await touch(context);
  const [value] = await context.store.get(['soon']);
  // On a slow machine the end may have come; then nothing is known.
  if (value !== '1' && Date.now() < end)
    throw new BrokenPromise('no-early-expiry', 'a key went before its expiresAt', context.last(1));
  await pause(Math.max(0, end - Date.now()) + 50);
  await afterwards(context);
}

async function afterwards(context: Context): Promise<void> {
  await touch(context);
  await context.get(
    Object.keys(LASTING),
    Object.values(LASTING),
    'no-early-expiry',
    'get of keys that were written again',
  );
  // It may linger; whether it is there, get and commit must agree on.
  let won = false;
  for (let attempt = 0; attempt < 3 && !won; attempt++) {
    const [soon = null] = await context.store.get(['soon']);
    won = await context.store.commit([{ key: 'soon', expect: soon, value: '3' }]);
  }
  context.same(won, true, 'compare-and-swap', 'a commit that expects what get answered for an expired key');
  await touch(context);
  await context.get(['soon'], ['3'], 'no-early-expiry', 'get of an expired key that was written again');
}

/**
 * Works on the store of the first argument until it is killed: creates, rotates, revokes,
 * exchanges, verifies and uses a limited token. Writes a line before and after each operation, and
 * reads the tokens of the other processes from standard input.
 */

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { LeastkeyError, type Tokens } from 'leastkey';
import { openStore } from 'leastkey/stores/open';
import type { ChaosBegin, ChaosEnd, ChaosOperation, KnownToken } from './chaos-log.js';
import { admin, createToken, deployment } from './deployment.js';

const [url = '', seed = '0', limited = ''] = process.argv.slice(2);

/** After these it is not certain whether something was changed. Other codes are refusals. */
const UNCERTAIN = ['outcome_unknown', 'store_unavailable', 'deadline_exceeded', 'internal', 'thrown'];

/** On one monotonic clock for all processes of the machine, in milliseconds. */
const clock = () => Number(process.hrtime.bigint()) / 1e6;

const known: KnownToken[] = [];
createInterface({ input: process.stdin }).on('line', (line) => known.push(JSON.parse(line)));

async function open(): Promise<{ fresh: Tokens; windowed: Tokens }> {
  for (;;) {
    try {
      const [one, other] = [await openStore(url), await openStore(url)];
      return {
        fresh: await deployment({ store: one, deadline: '4s', usage: false }),
        windowed: await deployment({ store: other, deadline: '4s', usage: false, freshness: '1s' }),
      };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

let state = Number(seed) || 1;
/** A whole number below `end`, the same for the same seed. */
function below(end: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * end);
}

let calls = 0;
async function logged(
  begin: Omit<ChaosBegin, 'call' | 'began'>,
  run: () => Promise<Omit<ChaosEnd, 'call' | 'ended'>>,
) {
  const call = `${process.pid}.${calls++}`;
  const write = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
  write({ call, began: clock(), ...begin });
  let end: Omit<ChaosEnd, 'call' | 'ended'>;
  try {
    end = await run();
  } catch (error) {
    const code = error instanceof LeastkeyError ? error.code : 'thrown';
    end = { outcome: UNCERTAIN.includes(code) ? 'unknown' : 'refused', code };
  }
  write({ call, ended: clock(), ...end });
}

const { fresh, windowed } = await open();
const some = () => known[below(known.length)] as KnownToken;
const done = 'done' as const;

async function step(): Promise<void> {
  const operation = (
    known.length === 0
      ? 'create'
      : ['create', 'rotate', 'revoke', 'exchange', 'verify', 'verify', 'verify', 'window', 'window', 'use'][
          below(10)
        ]
  ) as ChaosOperation;
  if (operation === 'create') {
    return logged({ operation }, async () => {
      const { token, id } = await createToken(fresh, { name: `Chaos ${process.pid}.${calls}` });
      return { outcome: done, made: { id, token } };
    });
  }
  if (operation === 'use') {
    return logged({ operation }, async () => {
      const { code } = await fresh.verify(limited, 'messages:send', { consume: 1 });
      return { outcome: code === 'store_unavailable' ? 'unknown' : done, code };
    });
  }
  const one = some();
  return logged({ operation, id: one.id, token: one.token }, async () => {
    if (operation === 'rotate') {
      const { token } = await fresh.rotate(one.id, { grace: 0 }, admin);
      return { outcome: done, ...(token !== null && { made: { id: one.id, token } }) };
    }
    if (operation === 'revoke') {
      await fresh.revoke(one.id, {}, admin);
      return { outcome: done };
    }
    if (operation === 'exchange') {
      const { token, record } = await fresh.exchange(one.token, {});
      return { outcome: done, ...(token !== null && { made: { id: record.id, token, parent: one.id } }) };
    }
    const { code } = await (operation === 'window' ? windowed : fresh).verify(one.token, 'messages:send');
    return { outcome: done, code };
  });
}

for (;;) {
  await Promise.all([step(), step(), step()]);
  await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A contestant and its baseline in one process. They alternate every few milliseconds, so that a
 * slow machine slows both. The argument and the output are JSON.
 */

import { loopOf } from './loop.mjs';
import { seeRight } from './right.mjs';

/** The duration of a turn in milliseconds, for a fast contestant. */
const TURN = 3;

/** The warm-up, in milliseconds. */
const WARM_UP = 500;

/** The minimum number of turns. */
const FEWEST = 24;

const { contestant, baseline, milliseconds } = JSON.parse(process.argv[2]);
const racers = { baseline: await racerOf(baseline), contestant: await racerOf(contestant) };
const turns = [];
for (const end = performance.now() + milliseconds; performance.now() < end || turns.length < FEWEST; ) {
  const order = turns.length % 2 === 0 ? ['baseline', 'contestant'] : ['contestant', 'baseline'];
  const turn = {};
  for (const name of order) turn[name] = await racers[name].turn();
  turns.push(turn);
}
for (const { seen } of Object.values(racers)) await seeRight(seen);
// A write to a pipe may take several turns; a contestant may have left handles open.
process.stdout.write(`${JSON.stringify(turns)}\n`, () => process.exit());

/** Returns the time of one call in a turn, in nanoseconds: wall time and processor time. */
async function racerOf([file, name]) {
  const seen = await (await import(`../contestants/${file}.mjs`))[name]();
  await seeRight(seen);
  const { per = 1 } = seen;
  const loop = loopOf(seen);
  const run = async (calls) => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    if (loop.isAsync) await loop.run(calls);
    else loop.run(calls);
    const clock = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { clock: (clock * 1e6) / calls / per, cpu: ((user + system) * 1e3) / calls / per };
  };
  let calls = 1;
  for (const end = performance.now() + WARM_UP; performance.now() < end; ) {
    const { cpu, clock } = await run(calls);
    calls = Math.max(1, Math.round((TURN * 1e6) / ((cpu || clock) * per)));
  }
  return { seen, turn: () => run(calls) };
}

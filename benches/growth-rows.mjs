/** Times at several sizes, and the exponent with which they grow: linear is 1. */

import { quartiles } from './race/race.mjs';

export const SIZES = [100, 1_000, 10_000, 100_000];

/** A larger exponent is not linear; this allows for noise. */
const LINEAR = 1.1;

/** How often each is measured, and its minimum time in milliseconds. */
const TIMES = 5;
const LONG_ENOUGH = 20;

/**
 * A row for each operation.
 *
 * @param at the operations by their names, of a size
 */
export async function growthRows(at) {
  const found = new Map();
  for (const size of SIZES) {
    for (const [who, call] of Object.entries(await at(size)))
      found.set(who, [...(found.get(who) ?? []), (await timeOf(call)).median]);
  }
  return [...found].map(([who, times]) => ({
    who,
    ours: true,
    unit: 'exponent',
    target: LINEAR,
    median: exponentOf(times),
    note: times.map(inUnits).join(', '),
  }));
}

/** Processor time of one call, in nanoseconds. */
async function timeOf(call) {
  const times = [];
  // The first run is a warm-up.
  for (let time = 0; time <= TIMES; time += 1) {
    const cpu = process.cpuUsage();
    const end = performance.now() + LONG_ENOUGH;
    let calls = 0;
    for (; calls === 0 || performance.now() < end; calls += 1) {
      const answer = call();
      if (answer instanceof Promise) await answer;
    }
    const { user, system } = process.cpuUsage(cpu);
    times.push(((user + system) * 1_000) / calls);
  }
  return quartiles(times.slice(1));
}

/**
 * The slope of the line through the logarithms, from a thousand on: below that, the fixed cost of a
 * call hides it.
 */
function exponentOf(times) {
  const points = times.map((time, at) => [Math.log10(SIZES[at]), Math.log10(time)]).slice(1);
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, time]) => time)];
  return mean(([at, time]) => (at - x) * (time - y)) / mean(([at]) => (at - x) ** 2);
}

export function inUnits(nanoseconds) {
  if (nanoseconds < 1e3) return `${nanoseconds.toPrecision(3)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} µs`;
  return nanoseconds < 1e9
    ? `${(nanoseconds / 1e6).toPrecision(3)} ms`
    : `${(nanoseconds / 1e9).toPrecision(3)} s`;
}

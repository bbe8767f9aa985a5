/** Profiles a contestant with the sampling profiler of V8. */

import { existsSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { inClone } from '../scripts/paths.mjs';
import { Failure } from '../scripts/shell/failure.mjs';
import { loopOf } from './race/loop.mjs';
import { seeRight } from './race/right.mjs';

/** Microseconds between two samples, and the duration of the sampling. */
const INTERVAL = 250;
const MILLISECONDS = 4_000;

/** The number of listed functions. */
const MAX_ROWS = 30;

/**
 * A table of functions with their share of the processor time of one call (or of one token, if a
 * call is for many).
 */
export async function profileOf(file, name) {
  const contestant = await found(file, name);
  await seeRight(contestant);
  const { isAsync, run } = loopOf(contestant);
  const { per = 1 } = contestant;
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await spend(MILLISECONDS / 4);
  await session.post('Profiler.start');
  const nanoseconds = await spend(MILLISECONDS);
  const { profile } = await session.post('Profiler.stop');
  return table(selfTimes(profile), nanoseconds, `${file}.${name}`);

  /** Calls for this duration. Returns the processor time of one call, in nanoseconds. */
  async function spend(milliseconds) {
    const cpu = process.cpuUsage();
    let calls = 0;
    for (const end = performance.now() + milliseconds; performance.now() < end; calls += 100) {
      if (isAsync) await run(100);
      else run(100);
    }
    const { user, system } = process.cpuUsage(cpu);
    return ((user + system) * 1_000) / calls / per;
  }
}

async function found(file, name) {
  const path = inClone('benches/contestants', `${file}.mjs`);
  const contestants = existsSync(path) ? await import(path) : {};
  if (typeof contestants[name] === 'function') return contestants[name]();
  throw new Failure(
    `There is no contestant ${file}.${name}: expected the name of a file in benches/contestants and of a function in it.`,
  );
}

/** The microseconds of each function, without those that it calls. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id);
    times.set(name, (times.get(name) ?? 0) + timeDeltas[at]);
  }
  return [...times].sort(([, one], [, other]) => other - one);
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

function table(times, nanoseconds, title) {
  const all = times.reduce((sum, [, time]) => sum + time, 0);
  const line = ([name, time]) =>
    `${((time / all) * nanoseconds).toFixed(0).padStart(9)} ns  ${((time / all) * 100).toFixed(1).padStart(5)} %  ${name}`;
  return [`${title}: ${nanoseconds.toFixed(0)} ns`, ...times.slice(0, MAX_ROWS).map(line)].join('\n');
}

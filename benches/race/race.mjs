/** Races contestants, each in a fresh process together with its baseline. */

import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/shell/run.mjs';

const runner = fileURLToPath(new URL('run.mjs', import.meta.url));

/** The number of turns in a sample: few turns have a garbage collection, but most samples do. */
const TURNS = 8;

/**
 * Processor time of a contestant, in nanoseconds and as a multiple of its baseline's, with the
 * middle half of the samples.
 * @param {{ contestant: [file: string, name: string], baseline: [file: string, name: string], milliseconds: number, flags?: string[], node?: string }} race
 */
export async function race({ flags = [], node = process.execPath, ...race }) {
  const output = await run(node, ['--no-warnings', ...flags, runner, JSON.stringify(race)]);
  const turns = JSON.parse(output.trim().split('\n').at(-1));
  const samples = sampled(turns);
  return {
    times: quartiles(samples.map(({ contestant, baseline }) => contestant / baseline)),
    nanoseconds: quartiles(samples.map(({ contestant }) => contestant)),
    baseline: quartiles(samples.map(({ baseline }) => baseline)),
    more: quartiles(samples.map(({ contestant, baseline }) => contestant - baseline)),
    timesByClock: quartiles(turns.map(({ contestant, baseline }) => contestant.clock / baseline.clock)),
  };
}

/** The processor time of each, summed over some turns. */
function sampled(turns) {
  const count = Math.floor(turns.length / TURNS);
  return Array.from({ length: count }, (_, at) => {
    const some = turns.slice(at * TURNS, (at + 1) * TURNS);
    const mean = (who) => some.reduce((sum, turn) => sum + turn[who].cpu, 0) / TURNS;
    return { contestant: mean('contestant'), baseline: mean('baseline') };
  });
}

/** The median, and the bounds of the middle half. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => sorted[Math.round((sorted.length - 1) * part)];
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

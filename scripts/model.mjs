/**
 * `npm run model`: compares the core with its reference model, over millions of random operations
 * from seeds.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Failure, report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';
import { runSteps } from './shell/steps.mjs';

const help = `Usage: npm run model [-- --operations <n>] [--seed <n>]

Runs random sequences of calls by random actors, tokens among them, and holds every answer, every stored value and every
verdict against an independent model (tests/model). A difference ends the run and prints the sequence and its seed.

  --operations <n>  how many, in all. Default 10000000
  --seed <n>        the first seed; each part of 250000 operations takes the next one. Default 1
  --help            this text`;

/** Operations of one seed. */
const PART = 250_000;

const test = ['--profile', 'model', '--test', 'model'];

function whole(name, text) {
  if (/^[1-9]\d{0,12}$/.test(text)) return Number(text);
  throw new Failure(`--${name} takes a whole number, not "${text}".\n\n${help}`);
}

async function model(operations, first) {
  const parts = Array.from({ length: Math.ceil(operations / PART) }, (_, at) => ({
    seed: first + at,
    operations: Math.min(PART, operations - at * PART),
  }));
  const began = Date.now();
  const work = async () => {
    await run('cargo', ['test', '--locked', ...test, '--no-run']);
  };
  await runSteps('The model', [
    { key: 'model-build', label: 'Compile the core and its model', estimate: 90_000, work },
  ]);
  let done = 0;
  const waiting = [...parts];
  const worker = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      try {
        await one(part);
      } catch (error) {
        // No other part starts, so that the difference is the last that is printed.
        waiting.length = 0;
        throw error;
      }
      done += part.operations;
      console.log(`  ${done} of ${operations} operations, no difference (seed ${part.seed})`);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
  const failed = workers.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const minutes = Math.round((Date.now() - began) / 60_000);
  const last = first + parts.length - 1;
  console.log(
    `${new Date(began).toISOString().slice(0, 10)}: ${operations} operations, seeds ${first} to ${last}, ${minutes} min, no difference`,
  );
}

const one = ({ seed, operations }) =>
  run('cargo', ['test', '--locked', ...test, 'a_run_from_a_seed', '--', '--nocapture'], {
    env: { LEASTKEY_MODEL_SEED: String(seed), LEASTKEY_MODEL_OPERATIONS: String(operations) },
  });

try {
  const { values } = parseArgs({
    options: { operations: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) console.log(help);
  else await model(whole('operations', values.operations ?? '10000000'), whole('seed', values.seed ?? '1'));
} catch (error) {
  report(error);
}

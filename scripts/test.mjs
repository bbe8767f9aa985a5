/** `npm test`: installs what is missing, builds, and runs every check, also after a failure. */

import { parseArgs } from 'node:util';
import { makeSteps, whileNoOtherBuilds } from './build.mjs';
import { serverNames } from './setup/servers.mjs';
import { setupSteps } from './setup.mjs';
import { Failure, report } from './shell/failure.mjs';
import { Progress } from './shell/steps.mjs';
import { red } from './shell/terminal.mjs';
import { Consumer } from './test/consumer.mjs';
import { honest } from './test/counts.mjs';
import { instructionChecks } from './test/instructions.mjs';
import { javascriptChecks, packageChecks } from './test/javascript.mjs';
import { nativeChecks } from './test/native.mjs';
import { portalChecks } from './test/portal.mjs';
import { Results } from './test/results.mjs';
import { runtimeChecks, runtimes } from './test/runtimes.mjs';
import { rustChecks } from './test/rust.mjs';
import { siteChecks } from './test/site.mjs';
import { storeChecks } from './test/stores.mjs';
import { wasmChecks } from './test/wasm.mjs';

const suites = ['rust', 'instructions', 'wasm', 'js', 'runtimes', 'portal'];

/** Only by their names: they need programs that take long to install. */
const named = ['stores', 'native', 'site'];

/** Those that test the package. */
const packaged = ['js', 'runtimes', 'portal', ...named];

const help = `Usage: npm test [-- [--only <suites>] [file ...]]

Runs every check of Leastkey. The first time it installs and builds what is missing.

  --only <suites>   some of ${suites.join(', ')}, with commas between: --only rust,wasm;
                    also ${named.join(', ')}, which are not run without their names
  --help            this text
  file              a part of a test file's name: runs only those files, against the packed package
                    (npm test -- --only js sqlite, npm test -- --only portal walks)

LEASTKEY_WITHOUT names what this machine cannot have, with commas between: its tests are skipped
(${[...runtimes, ...serverNames, 'valgrind'].join(', ')}).

Every check is listed with its counts; the last line is their sum. It exits 0 only if nothing failed.`;

try {
  const options = readOptions();
  if (options === undefined) console.log(help);
  else process.exitCode = (await test(options)) === 0 ? 0 : 1;
} catch (error) {
  report(error);
}

/** @returns {Promise<number>} the number of failures */
async function test({ only, filters }) {
  const consumer = new Consumer();
  const results = new Results();
  try {
    const checks = Object.entries({
      rust: () => rustChecks,
      instructions: instructionChecks,
      wasm: () => wasmChecks,
      js: () => javascriptChecks(consumer, filters),
      runtimes: () => [
        ...(only.has('js') ? [] : packageChecks(consumer)),
        ...runtimeChecks(consumer, filters),
      ],
      portal: () => [
        ...(only.has('js') || only.has('runtimes') ? [] : packageChecks(consumer)),
        ...portalChecks(consumer, filters),
      ],
      stores: () => [
        ...(['js', 'runtimes', 'portal'].some((suite) => only.has(suite)) ? [] : packageChecks(consumer)),
        ...storeChecks(consumer),
      ],
      native: () => [
        ...(['js', 'runtimes', 'portal', 'stores'].some((suite) => only.has(suite))
          ? []
          : packageChecks(consumer)),
        ...nativeChecks(consumer),
      ],
      site: () => siteChecks(filters),
    }).flatMap(([suite, of]) => (only.has(suite) ? of() : []));
    await runChecks(checks, await prepare(checks, only, results), results);
  } finally {
    consumer.remove();
  }
  results.print();
  return results.failed;
}

/** Set-up and build. @returns the progress, and what the checks can use */
function prepare(checks, only, results) {
  return whileNoOtherBuilds(async () => {
    const setup = await setupSteps({ tests: only.has('wasm') });
    const packs = packaged.some((suite) => only.has(suite));
    const make = packs ? await makeSteps() : [];
    const progress = new Progress('Testing Leastkey', [...setup, ...make, ...checks]);
    const have = new Set([undefined]);
    await perform(progress, setup, 'setup', 'Everything that the build needs is installed', have, results);
    if (packs) {
      await perform(
        progress,
        make,
        'build',
        'Package: builds from its sources, within the size budget',
        have,
        results,
      );
    }
    return { progress, have };
  });
}

/** Runs steps that count as one check. */
async function perform(progress, steps, provides, label, have, results) {
  const waiting = [...steps];
  try {
    while (waiting.length > 0) await progress.run(waiting.shift());
    have.add(provides);
    results.add(label, { passed: 1, failed: 0 });
  } catch (error) {
    show(error);
    for (const step of waiting) progress.skip(step, 'not run');
    results.add(label, { passed: 0, failed: 1 });
  }
}

async function runChecks(checks, { progress, have }, results) {
  for (const check of checks) {
    if (!have.has(check.needs)) {
      progress.skip(check, `not run: needs ${check.needs}`);
      results.add(check.label, { passed: 0, failed: 1 });
      continue;
    }
    const counts = check.counts ?? (() => ({ passed: 1, failed: 0 }));
    try {
      const step = { ...check, work: async () => requireSuccess(honest(counts(await check.work()), true)) };
      results.add(check.label, await progress.run(step));
      have.add(check.provides);
    } catch (error) {
      show(error);
      const counted =
        check.counts !== undefined && error.output !== undefined ? counts(error.output) : undefined;
      results.add(check.label, honest(counted ?? { passed: 0, failed: 0 }, false));
    }
  }
}

/** A runner that exits with 0 but ran nothing, or reports failures, has failed. */
function requireSuccess(counts) {
  if (counts.failed > 0) throw new Failure('The runner ended well, but it ran no test, or failed some.');
  return counts;
}

function show(error) {
  console.log(`${red('─'.repeat(72))}\n${error instanceof Failure ? error.message : error.stack}\n`);
}

function readOptions() {
  const settings = {
    options: { only: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  };
  let parsed;
  try {
    parsed = parseArgs(settings);
  } catch (error) {
    throw new Failure(`${error.message}\n\n${help}`);
  }
  const { values, positionals: filters } = parsed;
  if (values.help) return undefined;
  const only = new Set(values.only?.split(',') ?? suites);
  const known = [...suites, ...named];
  const unknown = [...only].find((suite) => !known.includes(suite));
  if (unknown !== undefined) throw new Failure(`--only knows ${known.join(', ')}, not "${unknown}".`);
  if (filters.length > 0 && (only.size !== 1 || !packaged.some((suite) => only.has(suite)))) {
    throw new Failure(
      'File names choose among the JavaScript tests: add --only js, --only runtimes or --only portal.',
    );
  }
  return { only, filters };
}

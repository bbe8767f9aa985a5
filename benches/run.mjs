/** `npm run bench`: measures Leastkey and its peers, and prints tables. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { makeSteps, whileNoOtherBuilds } from '../scripts/build.mjs';
import { haveNodeModules, installNodeModules } from '../scripts/setup/node-modules.mjs';
import { setupSteps } from '../scripts/setup.mjs';
import { Failure, report } from '../scripts/shell/failure.mjs';
import { Progress, runSteps } from '../scripts/shell/steps.mjs';
import { conditions, figuresFile, readFigures } from './figures.mjs';
import { writeDocuments } from './tables/documents.mjs';
import { inTerminal } from './tables/terminal.mjs';

/** In the order in which they run. Some load packages that only the benches install. */
const modules = [
  ...['races', 'servers', 'workerd', 'size', 'start'],
  ...['memory', 'million', 'growth', 'iam', 'native'],
];

const keys = [
  ...['verify', 'personal', 'restricted', 'miss', 'refuse', 'create', 'permission', 'servers'],
  ...['workerd', 'size', 'start', 'memory', 'million', 'growth', 'iam', 'native', 'instructions'],
];

const help = `Usage: npm run bench [-- [--only <parts>] [--readme] [--json <file>] | --profile <contestant>]

Measures Leastkey and its peers and prints tables. The first time it installs the peers, and builds what is missing.

  --only <parts>   some of ${keys.join(', ')}, with commas between
  --readme         writes the tables into README.md and docs/benchmarks.md; of parts that this run left out, the figures of the last
                   run that had them
  --json <file>    writes all figures into a file as well
  --profile <contestant>
                   where the time of one of them goes, function by function: leastkey.verifySync, edge.verify, by-hand.verify, …
  --help           this text

Each contestant runs in a fresh process beside the baseline, and they take turns of a few milliseconds. A figure is the median, followed
by what the middle half of the samples lies between. Everything together takes about half an hour; on a machine that does nothing
else the figures are steadier. \`instructions\` needs valgrind, \`million\` 4 GB of disk in the folder of temporary files.`;

try {
  const options = readOptions();
  if (options === undefined) console.log(help);
  else await bench(options);
} catch (error) {
  report(error);
}
// A measurement may have left handles open.
process.exit();

async function bench({ only, readme, json, profile }) {
  await prepare();
  if (profile !== undefined) {
    const { profileOf } = await import('./profile.mjs');
    return console.log(await profileOf(...profile.split('.')));
  }
  const parts = [];
  for (const name of modules) parts.push(...(await import(`./parts/${name}.mjs`)).parts);
  const chosen = parts.filter(({ key }) => only.has(key));
  const progress = new Progress('Measuring', chosen.map(stepOf));
  const figures = readFigures();
  const measured = [];
  for (const part of chosen) {
    const rows = await progress.run(stepOf(part));
    figures[part.key] = { title: part.title, rows, ...conditions() };
    measured.push(part.key);
    save(figuresFile, figures);
  }
  console.log(inTerminal(measured.map((key) => figures[key])));
  if (json !== undefined) save(json, Object.fromEntries(measured.map((key) => [key, figures[key]])));
  if (readme) writeDocuments(figures, keys);
}

/** A part as a step of the progress. */
function stepOf({ key, title, estimate, measure }) {
  return { key: `bench-${key}`, label: title, estimate, work: measure };
}

/** The build must be up to date, and the peers installed. */
function prepare() {
  return whileNoOtherBuilds(async () => {
    const steps = [...(await setupSteps()), ...(await makeSteps())];
    if (!haveNodeModules('benches')) {
      steps.push({
        key: 'bench-npm',
        label: 'Install the peers from npm',
        estimate: 30_000,
        work: () => installNodeModules('benches'),
      });
    }
    if (steps.length > 0) await runSteps('Preparing', steps);
  });
}

function save(file, figures) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
}

function readOptions() {
  const options = {
    only: { type: 'string' },
    readme: { type: 'boolean', default: false },
    json: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean' },
  };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new Failure(`${error.message}\n\n${help}`);
  }
  if (values.help) return undefined;
  const only = new Set(values.only?.split(',') ?? keys);
  const unknown = [...only].find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Failure(`--only knows ${keys.join(', ')}, not "${unknown}".`);
  return { ...values, only };
}

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
import { modules } from './modules.mjs';
import { writeDocument } from './tables/documents.mjs';
import { inTerminal } from './tables/terminal.mjs';

const keys = Object.values(modules).flat();

/** They measure Leastkey alone, need no peer, and are tables of docs/storage.md. */
const ofStores = ['stores', 'contention', 'stored-million', 'store-sizes'];
const documentOf = (key) => (ofStores.includes(key) ? 'docs/storage.md' : 'docs/benchmarks.md');

const help = `Usage: npm run bench [-- [--only <parts>] [--readme] [--json <file>] | --profile <contestant>]

Measures Leastkey and its peers and prints tables. The first time it installs the peers, and builds what is missing.

  --only <parts>   some of ${keys.join(', ')}, with commas between
  --readme         writes the tables into README.md, docs/benchmarks.md and docs/storage.md; of parts that this run left out, the figures of the last
                   run that had them
  --json <file>    writes all figures into a file as well
  --profile <contestant>
                   where the time of one of them goes, function by function: leastkey.verifySync, edge.verify, by-hand.verify, …
  --help           this text

Each contestant runs in a fresh process beside the baseline, and they take turns of a few milliseconds. A figure is the median, followed
by what the middle half of the samples lies between. Everything together takes about half an hour; on a machine that does nothing
else the figures are steadier. \`instructions\` needs valgrind, \`million\` 4 GB of disk in the folder of temporary files; the stores
need the servers of the tests, which apt installs.`;

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
  await prepare(profile !== undefined || [...only].some((key) => !ofStores.includes(key)));
  if (profile !== undefined) {
    const { profileOf } = await import('./profile.mjs');
    return console.log(await profileOf(...profile.split('.')));
  }
  const parts = [];
  for (const [name, provides] of Object.entries(modules)) {
    if (provides.some((key) => only.has(key))) parts.push(...(await import(`./parts/${name}.mjs`)).parts);
  }
  const chosen = parts.filter(({ key }) => only.has(key));
  const progress = new Progress('Measuring', chosen.map(stepOf));
  const figures = readFigures();
  const measured = [];
  for (const part of chosen) {
    const rows = await progress.run(stepOf(part));
    const { title, columns } = part;
    figures[part.key] = { title, columns, rows, ...conditions() };
    measured.push(part.key);
    save(figuresFile, figures);
  }
  console.log(inTerminal(measured.map((key) => figures[key])));
  if (json !== undefined) save(json, Object.fromEntries(measured.map((key) => [key, figures[key]])));
  if (!readme) return;
  for (const document of new Set(measured.map(documentOf))) {
    writeDocument(
      document,
      figures,
      keys.filter((key) => documentOf(key) === document),
    );
  }
}

/** A part as a step of the progress. */
function stepOf({ key, title, estimate, measure }) {
  return { key: `bench-${key}`, label: title, estimate, work: measure };
}

/** The build must be up to date, and the peers installed where they are needed. */
function prepare(needsPeers) {
  return whileNoOtherBuilds(async () => {
    const steps = [...(await setupSteps()), ...(await makeSteps())];
    if (needsPeers && !haveNodeModules('benches')) {
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

/** From nothing loaded to the first verdict, each time in a fresh process. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { run } from '../../scripts/shell/run.mjs';
import { quartiles } from '../race/race.mjs';
import { required } from '../scenario.mjs';

/** The number of processes of each, in turns. */
const ROUNDS = 15;

/** The most that a start of Leastkey may take, beside another one of the same run. */
const TARGET = { beside: 'by hand, WebCrypto', times: 1.8 };

const wasmModules = ['--experimental-wasm-modules'];

const starters = [
  { who: 'leastkey/edge, one file', file: 'leastkey', bundled: true, ours: true },
  { who: 'leastkey/edge, as installed', file: 'leastkey', ours: true },
  { who: 'by hand, node:crypto', file: 'node-crypto' },
  { who: 'by hand, WebCrypto', file: 'web-crypto' },
  { who: 'prefixed-api-key, one file', file: 'prefixed-api-key', bundled: true },
  { who: 'jose, one file', file: 'jose', bundled: true },
  { who: 'fast-jwt, one file', file: 'fast-jwt', bundled: true },
  { who: 'biscuit-wasm, as installed', file: 'biscuit', flags: wasmModules },
  { who: 'better-auth, one file', file: 'better-auth', bundled: true },
  { who: 'better-auth, as installed', file: 'better-auth' },
];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const runner = here('../starts/run.mjs');

/** The arguments of a start: its script, and a file with its data. */
async function prepared(starter, folder) {
  const source = here(`../starts/${starter.file}.mjs`);
  const data = join(folder, `${starter.file}.json`);
  writeFileSync(data, await lastLine([...nodeFlags(starter), '-e', preparing(source)]));
  const script = starter.bundled ? await bundled(source, folder, starter.file) : source;
  return { ...starter, script: pathToFileURL(script).href, data };
}

/** The last line that a Node process prints: some packages print other lines. */
const lastLine = async (args) => (await run(process.execPath, args)).trim().split('\n').at(-1);

const nodeFlags = ({ flags = [] }) => ['--no-warnings', ...flags];

/** In a separate process, because nothing of it may be loaded in this one. */
const preparing = (source) => `
  import(${JSON.stringify(pathToFileURL(source).href)})
    .then(({ prepare }) => prepare())
    .then((given) => console.log(JSON.stringify({ given, required: ${JSON.stringify(required)} })));
`;

async function bundled(source, folder, name) {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: `export { first } from ${JSON.stringify(source)}`, resolveDir: folder },
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['module'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
    tsconfigRaw: {},
  });
  return outfile;
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-start-'));
  try {
    const all = [];
    for (const starter of starters) all.push({ ...(await prepared(starter, folder)), times: [] });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const starter of all) {
        const args = [...nodeFlags(starter), runner, starter.script, starter.data];
        starter.times.push(JSON.parse(await lastLine(args)));
      }
    }
    const rows = all.map(({ who, ours = false, times }) => ({
      who,
      ours,
      unit: 'ms',
      ...quartiles(times.map(({ cpu }) => cpu)),
      note: `${quartiles(times.map(({ clock }) => clock)).median.toFixed(1)} ms by the clock`,
    }));
    const target = rows.find(({ who }) => who === TARGET.beside).median * TARGET.times;
    return rows.map((row) => (row.ours ? { ...row, target } : row));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const parts = [
  { key: 'start', title: 'From import to the first verdict, in a fresh process', estimate: 60_000, measure },
];

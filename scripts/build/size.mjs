/**
 * The download size of each entry of the package: its bundled script and its modules. A build over
 * the budget fails.
 */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';

const entries = {
  leastkey: { script: 'index.js', modules: ['wasm/leastkey_verify.wasm', 'wasm/leastkey_bg.wasm'] },
  'leastkey/edge': { script: 'edge.js', modules: ['wasm/leastkey_verify.wasm'] },
};

/** Packages that the user installs, and that are in no bundle. */
const { optionalDependencies = {}, peerDependencies = {} } = JSON.parse(
  readFileSync(inClone('pkg.json'), 'utf8'),
);
const drivers = Object.keys({ ...optionalDependencies, ...peerDependencies });

const budgetFile = 'size-budget.json';

/** Compressed bytes of each entry: its script, its modules, all together. */
async function measure(folder) {
  const rows = [];
  for (const [entry, { script, modules }] of Object.entries(entries)) {
    const inScript = compressed((await bundled(join(folder, script))).contents);
    const inModules = modules.map((module) => compressed(readFileSync(join(folder, module))));
    const module = inModules.reduce((sum, bytes) => sum + bytes, 0);
    rows.push({ entry, script: inScript, module, together: inScript + module, budget: budget()[entry] });
  }
  return rows;
}

/** A table of what each entry weighs, for the README of the package. */
export async function entrySizes(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const rows = [];
  for (const [name, { types, default: script }] of Object.entries(exports)) {
    // Not what only types the entry of another one, and no files.
    if (types === undefined || types.replace('.d.ts', '.js') !== script) continue;
    const { contents, modules } = await bundled(join(folder, script));
    const loaded = modules.map((module) => compressed(readFileSync(join(folder, 'wasm', module))));
    const sum = loaded.reduce((total, bytes) => total + bytes, 0);
    const entry = `\`${name.replace(/^\./, 'leastkey')}\``;
    rows.push(`| ${entry} | ${inKilobytes(compressed(contents))} | ${sum === 0 ? '–' : inKilobytes(sum)} |`);
  }
  return ['| import | script | modules |', '|---|---|---|', ...rows].join('\n');
}

/**
 * A script with all its imports except the modules, bundled and minified, and the names of the
 * modules that it loads.
 */
async function bundled(script) {
  // A fresh clone loads this script before the package is installed.
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    entryPoints: [script],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd'],
    external: ['*.wasm', 'node:*', ...drivers],
    metafile: true,
    outfile: 'bundled.js',
    legalComments: 'none',
    // Not the tsconfig of the clone, whose paths are for the compiler.
    tsconfigRaw: {},
    write: false,
    logLevel: 'error',
  });
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const modules = imported.filter(({ path }) => path.endsWith('.wasm')).map(({ path }) => basename(path));
  return { contents: outputFiles[0].contents, modules };
}

const compressed = (bytes) => gzipSync(bytes, { level: 9 }).length;

export async function sizeTable(folder) {
  const lines = (await measure(folder)).map((row) => [
    row.entry,
    ...['script', 'module', 'together', 'budget'].map((name) => inKilobytes(row[name])),
  ]);
  return [['compressed', 'script', 'modules', 'together', 'budget'], ...lines]
    .map(([name, ...cells]) => `  ${name.padEnd(16)}${cells.map((cell) => cell.padStart(10)).join('')}`)
    .join('\n');
}

/**
 * @param {string} folder the package @param {boolean} isSmallest whether the verify module, which
 * both entries have, was made the smallest way
 */
export async function requireSizeWithinBudget(folder, isSmallest) {
  const rows = await measure(folder);
  if (!isSmallest || rows.every(({ together, budget }) => together <= budget)) return;
  throw new Failure(
    `${await sizeTable(folder)}\nAn entry is larger than its budget in ${budgetFile}. ` +
      'Make it smaller, or raise the budget in the commit that needs it and say why.',
  );
}

const budget = () => JSON.parse(readFileSync(inClone(budgetFile), 'utf8')).compressedBytes;

const inKilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/**
 * The download size of each entry of the package: its bundled script and its modules. A build over
 * the budget fails.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';

const entries = {
  leastkey: { script: 'index.js', modules: ['wasm/leastkey_verify.wasm', 'wasm/leastkey_bg.wasm'] },
  'leastkey/edge': { script: 'edge.js', modules: ['wasm/leastkey_verify.wasm'] },
};

const budgetFile = 'size-budget.json';

/** Compressed bytes of each entry: its script, its modules, all together. */
async function measure(folder) {
  const rows = [];
  for (const [entry, { script, modules }] of Object.entries(entries)) {
    const inScript = compressed(await bundled(join(folder, script)));
    const inModules = modules.map((module) => compressed(readFileSync(join(folder, module))));
    const module = inModules.reduce((sum, bytes) => sum + bytes, 0);
    rows.push({ entry, script: inScript, module, together: inScript + module, budget: budget()[entry] });
  }
  return rows;
}

/** A script with all its imports except the module, bundled and minified. */
async function bundled(script) {
  // A fresh clone loads this script before the package is installed.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [script],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd'],
    external: ['*.wasm'],
    legalComments: 'none',
    // Not the tsconfig of the clone, whose paths are for the compiler.
    tsconfigRaw: {},
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].contents;
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

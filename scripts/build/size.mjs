/** What a user of the package downloads: the module and its glue, measured and held under a budget. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';

const files = ['leastkey_bg.wasm', 'leastkey.js'];

const budgetFile = 'size-budget.json';

/** Bytes of each file and of all together. */
export function measure(folder) {
  const rows = files.map((name) => {
    const content = readFileSync(join(folder, name));
    return { name, raw: content.length, gzip: gzipSync(content, { level: 9 }).length };
  });
  const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
  return { rows, total: { name: 'together', raw: sum('raw'), gzip: sum('gzip') } };
}

export function sizeTable(folder) {
  const { rows, total } = measure(folder);
  const line = (name, raw, gzip) => `  ${name.padEnd(18)}${raw.padStart(10)}${gzip.padStart(10)}`;
  return [
    line('size', 'raw', 'gzip'),
    ...[...rows, total].map(({ name, raw, gzip }) => line(name, inKilobytes(raw), inKilobytes(gzip))),
    line('budget', '', inKilobytes(budget())),
  ].join('\n');
}

export function requireSizeWithinBudget(folder) {
  if (measure(folder).total.gzip <= budget()) return;
  throw new Failure(
    `${sizeTable(folder)}\nThe module and its glue are larger than the budget in ${budgetFile}. ` +
      'Make them smaller, or raise the budget in the commit that needs it and say why.',
  );
}

function budget() {
  return JSON.parse(readFileSync(inClone(budgetFile), 'utf8')).wasmAndGlueGzipBytes;
}

const inKilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

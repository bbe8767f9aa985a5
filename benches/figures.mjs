/** The last figures of each part, and the conditions of the measurement. */

import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { inBuild, inClone } from '../scripts/paths.mjs';

export const figuresFile = inBuild('benches.json');

/** By the key of the part; empty if nothing was measured yet. */
export const readFigures = () =>
  existsSync(figuresFile) ? JSON.parse(readFileSync(figuresFile, 'utf8')) : {};

/** The date, the machine, and the versions. */
export function conditions() {
  const manifest = (path) => JSON.parse(readFileSync(inClone(path), 'utf8'));
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${cpus().length} × ${cpus()[0].model.trim()}`,
    leastkey: manifest('pkg.json').version,
    peers: manifest('benches/package.json').devDependencies,
  };
}

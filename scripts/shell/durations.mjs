/**
 * How long each step took the last time, remembered so that the next run can say how long is left.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { inCache } from '../paths.mjs';

const file = inCache('durations.json');

/** The step's last duration in milliseconds, or the estimate that it came with. */
export function expectedDuration({ key, estimate }) {
  return remembered()[key] ?? estimate;
}

export function rememberDuration(key, milliseconds) {
  mkdirSync(inCache(), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(
    temporary,
    JSON.stringify({ ...remembered(), [key]: Math.round(milliseconds) }, undefined, 2),
  );
  renameSync(temporary, file);
}

/** Only an estimate hangs on this file, so one that cannot be read counts as empty. */
function remembered() {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch {
    return {};
  }
}

/** Runtimes with a command line. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The time limit of a program. */
const TIMEOUT = 60_000;

/** Runs a program to its end, in a folder, and returns the JSON that it printed. */
export async function printedBy(program, args, cwd = process.cwd()) {
  const { stdout } = await run(program, args, { timeout: TIMEOUT, maxBuffer: 2 ** 24, cwd });
  return JSON.parse(stdout);
}

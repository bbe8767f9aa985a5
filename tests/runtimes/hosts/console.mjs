/** Runtimes with a command line. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long a program may take. */
const TIMEOUT = 60_000;

/** Runs a program to its end and answers what it printed, which is JSON. */
export async function printedBy(program, args) {
  const { stdout } = await run(program, args, { timeout: TIMEOUT, maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}

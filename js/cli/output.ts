/**
 * All output of the command line goes through this file and is safe text: no other file writes to a
 * stream.
 */

import { legible, legibleJson, type Said } from './safe-text.js';

const { stdout, stderr } = process;

/** A write to standard output failed. */
export class OutputError extends Error {}

/** The first failed write to standard output. */
let failed: NodeJS.ErrnoException | undefined;
let written: Promise<unknown> = Promise.resolve();

// Each write reports its own error. Without a listener an error would end the process.
stdout.on('error', noteFailure);
stderr.on('error', () => {});

function noteFailure(error: NodeJS.ErrnoException | null | undefined): void {
  failed ??= error ?? undefined;
}

/** Resolves when the system has accepted the text; rejects if it refused. */
function write(text: string): Promise<NodeJS.ErrnoException | undefined> {
  const answer = new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    stdout.write(text, (error) => {
      noteFailure(error);
      resolve(error ?? undefined);
    });
  });
  written = answer;
  return answer;
}

/** A line on standard output. */
export function print(said: Said): void {
  void write(`${legible(said)}\n`);
}

export function printJson(value: unknown): void {
  void write(`${legibleJson(value)}\n`);
}

/** Prints a value as one line of JSON. Returns whether the reader still reads. */
export async function printJsonLine(value: unknown): Promise<boolean> {
  return (await write(`${legibleJson(value, { indent: 0 })}\n`)) === undefined;
}

/**
 * Prints a new credential: alone on standard output, or in JSON with its record. It exists nowhere
 * else, so this waits until the system has accepted it.
 *
 * @throws {OutputError} if the write failed
 */
export async function printCredential(token: string, record: object | undefined): Promise<void> {
  const text = record === undefined ? token : legibleJson({ token, record }, { secret: token });
  const error = await write(`${text}\n`);
  if (error !== undefined) throw new OutputError(error.code ?? error.message);
}

/** Whether {@link tell} is silent. */
let quiet = false;

/** Makes {@link tell} silent: with --quiet. */
export function beQuiet(): void {
  quiet = true;
}

/** Prints a line on standard error: everything but the result and errors. */
export function tell(said: Said): void {
  if (!quiet) complain(said);
}

/** Prints an error or a warning on standard error. */
export function complain(said: Said): void {
  stderr.write(`${legible(said)}\n`);
}

/** Shows a status line: on a terminal the next one overwrites it. */
export function showStatus(said: Said): void {
  if (quiet) return;
  if (stderr.isTTY) stderr.write(`\r\u001b[K${legible(said)}`);
  else tell(said);
}

/** Clears the line of {@link showStatus}. */
export function clearStatus(): void {
  if (stderr.isTTY) stderr.write('\r\u001b[K');
}

/** Prints a prompt on standard error, without a line break. */
export function prompt(said: Said): void {
  stderr.write(legible(said));
}

/**
 * Waits until everything is written. A closed pipe (`| head`) is no error.
 *
 * @throws {OutputError} if the output could not be written for another reason
 */
export async function finishOutput(): Promise<void> {
  await written;
  if (failed !== undefined && failed.code !== 'EPIPE') throw new OutputError(failed.code ?? failed.message);
}

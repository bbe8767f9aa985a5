/**
 * All output of the command line goes through this file and is safe text: no other file writes to a
 * stream.
 */

import { join, type Legible, legible, legibleJson, type Said } from './safe-text.js';

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

/**
 * Prints lines; by a pager if they are more than a terminal has. The pager is in LEASTKEY_PAGER or
 * PAGER; an empty one means none.
 */
export async function printPaged(lines: readonly Legible[]): Promise<void> {
  const pager = process.env.LEASTKEY_PAGER ?? process.env.PAGER ?? 'less';
  const isLong = stdout.isTTY && lines.length >= stdout.rows;
  if (isLong && pager !== '' && (await paged(pager, lines))) return;
  if (lines.length > 0) print(join(lines, '\n'));
}

/** Returns whether the pager ran. */
async function paged(pager: string, lines: readonly Legible[]): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  // As git does: colors, no clearing of the screen at the end.
  const env = { LESS: 'FRX', ...process.env };
  const child = spawn(pager, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env });
  // Ctrl-C is for the pager.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  child.stdin.on('error', ignore);
  child.stdin.end(`${join(lines, '\n').text}\n`);
  const exit = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(NO_PAGER));
    child.once('close', resolve);
  });
  process.off('SIGINT', ignore);
  return exit !== NO_PAGER;
}

/** The exit code of a shell that does not find the command. */
const NO_PAGER = 127;

export function printJson(value: unknown): void {
  void write(`${legibleJson(value)}\n`);
}

/** Prints a value as one line of JSON. Returns whether the reader still reads. */
export async function printJsonLine(value: unknown): Promise<boolean> {
  return (await write(`${legibleJson(value, { indent: 0 })}\n`)) === undefined;
}

/**
 * Prints a new credential: alone on standard output, or in a JSON document. It exists nowhere
 * else, so this waits until the system has accepted it.
 *
 * @throws {OutputError} if the write failed
 */
export async function printCredential(token: string, document?: object): Promise<void> {
  const text = document === undefined ? token : legibleJson(document, { secret: token });
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

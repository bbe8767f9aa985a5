/** Everything that the command line writes goes through here, and is legible: no other file writes to a stream. */

import { legible, legibleJson, type Said } from './legible.js';

const { stdout, stderr } = process;

/** Standard output did not take what was written to it. */
export class OutputError extends Error {}

/** The first write that standard output did not take. */
let failed: NodeJS.ErrnoException | undefined;
let written: Promise<unknown> = Promise.resolve();

// Each write has its own answer. Without a listener an error would end the process in the middle of its work.
stdout.on('error', noteFailure);
stderr.on('error', () => {});

function noteFailure(error: NodeJS.ErrnoException | null | undefined): void {
  failed ??= error ?? undefined;
}

/** Resolves when the system has taken the text, or refused it. */
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

/** A value as one line of JSON. Answers whether whoever reads them wants more. */
export async function printJsonLine(value: unknown): Promise<boolean> {
  return (await write(`${legibleJson(value, { indent: 0 })}\n`)) === undefined;
}

/**
 * The credential that was just made, alone on standard output, or in JSON beside its record. It is in no other place, so this waits until the
 * system has it.
 *
 * @throws {OutputError} when it was not taken
 */
export async function printCredential(token: string, record: object | undefined): Promise<void> {
  const text = record === undefined ? token : legibleJson({ token, record }, { secret: token });
  const error = await write(`${text}\n`);
  if (error !== undefined) throw new OutputError(error.code ?? error.message);
}

/** A line on standard error: what is not the answer itself. */
export function tell(said: Said): void {
  stderr.write(`${legible(said)}\n`);
}

/** Shows a line that the next one is written over, on a terminal; elsewhere a line of its own. */
export function showStatus(said: Said): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[K${legible(said)}`);
  else tell(said);
}

/** Takes the line of {@link showStatus} away. */
export function clearStatus(): void {
  if (stderr.isTTY) stderr.write('\r\u001b[K');
}

/** The beginning of a line on standard error, which an answer follows. */
export function prompt(said: Said): void {
  stderr.write(legible(said));
}

/**
 * Waits until everything is written. A reader that has seen enough (`| head`) is no fault.
 *
 * @throws {OutputError} when something else kept the answer from being written
 */
export async function finishOutput(): Promise<void> {
  await written;
  if (failed !== undefined && failed.code !== 'EPIPE') throw new OutputError(failed.code ?? failed.message);
}

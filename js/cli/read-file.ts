import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './exit-codes.js';
import { jsonFault } from './json-fault.js';

/** The text of a file; `-` is standard input. */
export function readText(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFileText(file, file);
}

/** The text of a file. `what`: its name in errors. */
export async function readFileText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${what}: ${(error as Error).message}`);
  }
}

interface JsonSource {
  /** The line of the file in which the text begins. */
  firstLine?: number;
  /** The alternative formats of such a file. */
  hint?: string;
}

/** The value in a JSON file. */
export function parseJson(
  content: string,
  file: string,
  { firstLine = 1, hint = '' }: JsonSource = {},
): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // The message of the error quotes the file, which may contain secrets.
    const { line, column, expected } = jsonFault(content);
    const name = file === '-' ? 'standard input' : file;
    const place = `in line ${line + firstLine - 1}, column ${column}`;
    throw new UsageError(`${name} is not JSON: expected ${expected} ${place}${hint}`);
  }
}

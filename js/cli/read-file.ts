import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './exit-codes.js';
import { jsonFault } from './json-fault.js';
import { clearStatus, showStatus } from './output.js';
import { line } from './safe-text.js';

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

/** The length from which YAML takes more than a second. */
const LONG_YAML = 2_000_000;

/** The value in a YAML file. `file`: its name in errors. */
export async function parseYaml(content: string, file: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const name = file === '-' ? 'standard input' : file;
  const isLong = content.length > LONG_YAML;
  if (isLong) showStatus(line`Reading ${name} …`);
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  if (isLong) clearStatus();
  const [error] = document.errors;
  if (error === undefined) {
    try {
      return document.toJS();
    } catch {
      throw new UsageError(`${name} has aliases of YAML that make it too large, or that lead nowhere`);
    }
  }
  // The message of the error may quote the file.
  const at = lines.linePos(error.pos[0]);
  throw new UsageError(`${name} is not YAML: ${error.code} in line ${at.line}, column ${at.col}`);
}

import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from './exit-codes.js';

/** A match, with its line and column from 1. */
export interface FoundText {
  text: string;
  line: number;
  column: number;
}

/** Folders that hold copies of what is elsewhere. */
const COPIES = new Set(['.git', 'node_modules']);

/** The files of a path: itself, or those of a folder and below it. Links are not followed. */
export async function* textFiles(path: string, hidden: boolean): AsyncGenerator<string, void, undefined> {
  const found = await stat(path).catch((error: Error) => {
    throw new UsageError(`cannot read ${path}: ${error.message}`);
  });
  if (!found.isDirectory()) return yield path;
  for await (const entry of await opendir(path)) {
    if (COPIES.has(entry.name) && !hidden) continue;
    const below = join(path, entry.name);
    if (entry.isDirectory()) yield* textFiles(below, hidden);
    else if (entry.isFile()) yield below;
  }
}

/** The matches in a file. A file of any size and encoding can be read: a credential is ASCII. */
export function findInFile(file: string, pattern: string): AsyncGenerator<FoundText, void, undefined> {
  return findInStream(createReadStream(file), pattern);
}

/** The longest match; a chunk is searched together with the end of the one before. */
const OVERLAP = 256;

export async function* findInStream(
  stream: Readable,
  pattern: string,
): AsyncGenerator<FoundText, void, undefined> {
  const search = new RegExp(pattern, 'g');
  stream.setEncoding('latin1');
  let held = '';
  let place: Place = { line: 1, column: 1 };
  function* matchesBefore(limit: number): Generator<FoundText> {
    let from = 0;
    for (const { 0: text, index } of held.matchAll(search)) {
      if (index >= limit) break;
      place = moved(place, held.slice(from, index));
      yield { text, ...place };
      from = index;
    }
    place = moved(place, held.slice(from, limit));
    held = held.slice(limit);
  }
  for await (const chunk of stream) {
    held += chunk;
    // What begins later may go on in the next chunk.
    yield* matchesBefore(Math.max(0, held.length - OVERLAP));
  }
  yield* matchesBefore(held.length);
}

interface Place {
  line: number;
  column: number;
}

function moved({ line, column }: Place, text: string): Place {
  const lines = text.split('\n');
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? { line, column: column + last }
    : { line: line + lines.length - 1, column: last + 1 };
}

import { writeFile } from 'node:fs/promises';
import { UsageError } from './exit-codes.js';

/**
 * Writes a file that the command line names.
 *
 * @param option the option that names it, for errors
 * @param how `wx`: only if it is not there
 */
export async function writeNamedFile(
  file: string,
  text: string,
  { option, how = 'w' }: { option: string; how?: 'w' | 'wx' },
): Promise<void> {
  try {
    await writeFile(file, text, { flag: how });
  } catch (error) {
    throw new UsageError(`${option}: cannot write ${file}: ${(error as Error).message}`);
  }
}

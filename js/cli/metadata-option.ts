import { UsageError } from './exit-codes.js';
import { parseJson, readText } from './read-file.js';

/** The metadata of `--metadata`: JSON, or `@` and a file with it. Any value: the core decides. */
export async function metadataOf(text: string | undefined): Promise<Record<string, unknown> | undefined> {
  if (text === undefined) return undefined;
  if (text.startsWith('@'))
    return parseJson(await readText(text.slice(1)), text.slice(1)) as Record<string, unknown>;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--metadata: expected JSON, such as '{"team":"billing"}', or @ and a file with it`);
  }
}

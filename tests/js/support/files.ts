import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The path of a file that does not exist yet, in a folder of its own that `remove` takes away with
 * all that is in it.
 */
export function temporaryFile(name = 'tokens.db'): { path: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-test-'));
  return { path: join(folder, name), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

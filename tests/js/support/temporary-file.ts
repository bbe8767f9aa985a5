import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The path of a file that does not exist yet, in a new folder that `remove` deletes with its
 * content.
 */
export function temporaryFile(name = 'tokens.db'): { path: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-test-'));
  return { path: join(folder, name), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

import { closeSync, fchmodSync, openSync, statSync } from 'node:fs';

/** Read and write for the owner of the file, nothing for other users. */
const OWNER_ONLY = 0o600;
const GROUP_AND_OTHERS = 0o077;

/** Files that a warning has named already. */
const warned = new Set<string>();

/**
 * Creates a missing file for its owner alone, whatever the umask. SQLite gives `-wal` and `-shm`
 * the mode of the database file, and by a lock on `-shm` any user who can open it could forbid
 * every write.
 *
 * A file that exists is not opened: closing a second descriptor would drop the locks that SQLite
 * holds on the first.
 */
export function createForOwner(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'ax', OWNER_ONLY);
  } catch (error) {
    // Another process was faster. A link to a missing file is here too: SQLite creates that file.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    // The umask may have removed the owner's own rights.
    fchmodSync(descriptor, OWNER_ONLY);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Warns once per file that other users of the machine can open. Does nothing on Windows, which has
 * no such modes.
 *
 * @param holds what they would get, such as `the tokens`
 */
export function warnIfOpenToOthers(files: readonly string[], holds: string): void {
  if (process.platform === 'win32') return;
  const open = files.filter((file) => !warned.has(file) && isOpenToOthers(file));
  if (open.length === 0) return;
  for (const file of open) warned.add(file);
  process.emitWarning(
    `other users of this machine can open ${open.join(' and ')}, and so get at ${holds}: chmod 600 ${open.join(' ')}`,
    { type: 'LeastkeyWarning', code: 'LEASTKEY_OPEN_TO_OTHERS' },
  );
}

/** Of a pipe or a device the mode says nothing about what comes out of it. */
function isOpenToOthers(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & GROUP_AND_OTHERS) !== 0;
}

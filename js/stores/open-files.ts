import { statSync } from 'node:fs';

/** A path, and the file that it led to. */
interface Identity {
  path: string;
  device: bigint;
  inode: bigint;
}

/** The files of a database. A commit in a deleted write-ahead log is lost, too. */
const SUFFIXES = ['', '-wal', '-shm'];

/**
 * The files that SQLite has open, by device and inode. While a file is open, no other file gets its
 * numbers, so a path that leads to other numbers was deleted or replaced.
 */
export class OpenFiles {
  readonly #files: readonly Identity[];

  constructor(file: string) {
    this.#files = SUFFIXES.flatMap((suffix) => identify(file + suffix) ?? []);
  }

  /** Whether every path still leads to the same file. */
  inPlace(): boolean {
    return this.#files.every(isInPlace);
  }

  /** {@link inPlace} for the database file alone, which is cheap enough for reads. */
  databaseInPlace(): boolean {
    const [database] = this.#files;
    return database === undefined || isInPlace(database);
  }
}

function isInPlace({ path, device, inode }: Identity): boolean {
  const found = identify(path);
  return found?.device === device && found.inode === inode;
}

/** Nothing for a missing file, and on a file system without inodes, which reports 0. */
function identify(path: string): Identity | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined || found.ino === 0n ? undefined : { path, device: found.dev, inode: found.ino };
}
